"""The house rules of this project: what no reader should have to check by eye."""

import ast
import os
import re
import statistics
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from recist import __version__
from service.settings import Settings

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("recist", "imaging", "service", "migrations")
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())

MOST_LINES = 400
MEDIAN_FUNCTION, LONG_FUNCTION = 8, 25

# Addresses of machines and of package indexes; written so that this file is none of them.
PLACES = re.compile(r"(?<![\w.*~-])/(?:work|root|home|tmp)(?![\w-])")
INDEXES = re.compile(
    r"(?:pypi\.|files\.python|test\.pypi|registry\.npm)\w*|--(?:extra-)?index-url\s"
)


def ours() -> Iterator[Path]:
    """Every file of the project: all but what .gitignore names, and git's own."""
    ignored = (CHECKOUT / ".gitignore").read_text().split()
    names = [".git", *(pattern.strip("/") for pattern in ignored)]
    for folder, folders, files in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if not any(fnmatch(name, n) for n in names)]
        yield from (
            Path(folder, name) for name in files if not any(fnmatch(name, n) for n in names)
        )


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def source(*packages: str) -> list[Path]:
    return sorted(path for name in packages for path in (CHECKOUT / name).rglob("*.py"))


def run(*command: str, cwd: Path = CHECKOUT) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["-m", "ruff", "check", "."], id="ruff check"),
        pytest.param(["-m", "ruff", "format", "--check", "."], id="ruff format"),
        pytest.param(["-m", "mypy"], id="mypy --strict"),
        pytest.param(
            ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
            id="import contracts",
        ),
    ],
)
def test_tools_are_content(command: list[str]) -> None:
    run(*command)


def test_types_are_checked_strictly_everywhere() -> None:
    mypy = PROJECT["tool"]["mypy"]
    assert mypy["strict"] is True
    assert set(mypy["packages"]) == set(PACKAGES)
    lenient = {"ignore_missing_imports", "module"}
    assert all(override.keys() <= lenient for override in mypy["overrides"])


def test_configuration_is_in_one_file() -> None:
    others = {
        "setup.cfg",
        "setup.py",
        "tox.ini",
        "pytest.ini",
        "mypy.ini",
        ".ruff.toml",
        "ruff.toml",
    }
    assert not {path.name for path in ours()} & (others | {".importlinter", ".coveragerc"})


def test_files_are_small() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): count
        for path in source(*PACKAGES, "tests")
        if (count := len(lines(path))) > MOST_LINES
    }
    assert not long


def test_functions_are_short() -> None:
    sizes = [
        node.end_lineno - node.lineno + 1
        for path in source("recist", "imaging", "service")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert statistics.median(sizes) <= MEDIAN_FUNCTION
    assert statistics.quantiles(sizes, n=10)[-1] <= LONG_FUNCTION


def test_each_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(CHECKOUT))
        for path in source(*PACKAGES)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_names_are_the_fields_own() -> None:
    """A module or class called for a pattern says nothing about trials."""
    vague = {
        "manager",
        "handler",
        "helper",
        "util",
        "utils",
        "base",
        "impl",
        "data",
        "info",
        "item",
    }
    vague |= {"process", "do", "service", "helpers", "handlers"}
    found = []
    for path in source("recist", "imaging", "service"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for name in [path.stem, *classes]:
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}
            if words & vague:
                found.append(f"{path.relative_to(CHECKOUT)}: {name}")
    assert not found


def test_exceptions_are_named_for_the_situation() -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}: {node.name}"
        for path in source(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Exception"))
    ]
    assert not found


def test_no_place_of_a_machine_is_written_down() -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for path in ours()
        for number, line in enumerate(lines(path), 1)
        if PLACES.search(line) or INDEXES.search(line)
    ]
    assert not found


def test_nothing_is_left_to_do_in_a_comment() -> None:
    marks = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for path in ours()
        for number, line in enumerate(lines(path), 1)
        if marks.search(line)
    ]
    assert not found


def test_every_migration_has_a_way_back() -> None:
    versions = sorted((CHECKOUT / "migrations" / "versions").glob("*.py"))
    assert versions
    for path in versions:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = {node.name: node.body for node in tree.body if isinstance(node, ast.FunctionDef)}
        for direction in ("upgrade", "downgrade"):
            assert bodies.get(direction), f"{path.name} has no {direction}"
            assert not isinstance(bodies[direction][0], ast.Pass), f"{path.name}: {direction}"


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_changelog_has_this_version() -> None:
    released = r"^## \[" + re.escape(__version__) + r"\] - \d{4}-\d\d-\d\d$"
    assert re.search(
        released, (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_decisions_are_numbered_linked_and_whole() -> None:
    folder = CHECKOUT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    linked = re.findall(
        r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert [name for _, _, name in linked] == records
    for number, title, name in linked:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. {title}\n"), name
        parts = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == parts, name


def test_links_between_documents_lead_somewhere() -> None:
    for path in ours():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
                assert "://" in target or (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements-build.lock", PROJECT["build-system"]["requires"]),
    ],
)
def test_the_image_is_installed_from_what_the_project_asks_for(
    lock: str, wanted: list[str]
) -> None:
    text = (CHECKOUT / lock).read_text()
    pinned = re.findall(r"^([a-z0-9-]+)==(\S+)(.*(?:\n    .+)+)", text, re.MULTILINE)
    assert all("--hash=sha256:" in rest for _, _, rest in pinned)
    assert len(pinned) == sum(line[0].isalnum() for line in text.splitlines())
    versions = {name: pin for name, pin, _ in pinned}
    for requirement in map(Requirement, wanted):
        assert versions[requirement.name] in requirement.specifier, requirement
    assert versions.keys().isdisjoint({"pylibjpeg", "pylibjpeg-rle", "pylibjpeg-libjpeg", "gdcm"})


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"recist-{__version__}-")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in source(*PACKAGES):
        assert str(path.relative_to(CHECKOUT)) in names
    assert {f"{name}/py.typed" for name in ("recist", "imaging", "service")} <= names
    assert "migrations/script.py.mako" in names
    assert not [name for name in names if name.split("/")[0] in {"tests", "docs"}]
