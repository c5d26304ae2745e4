"""Which tests show which requirement: read off their markers, without running anything."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
LISTED = Path(__file__).with_name("requirements.toml")


@dataclass(frozen=True)
class Requirement:
    """What is asked, by whose rule, the tests that show it, and what of it is not built."""

    id: str
    asks: str
    source: str
    lacks: str | None
    tests: tuple[str, ...]

    @property
    def state(self) -> str:
        if not self.lacks:
            return "met"
        return "met in part" if self.tests else "not met"


def requirements(tests: Path = TESTS, listed: Path = LISTED) -> list[Requirement]:
    """Every requirement with its tests. KeyError where a marker names one that is not listed."""
    shown = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        for node, ids in marked(path, path.relative_to(tests.parent).as_posix()):
            for id_ in ids:
                shown[id_].append(node)
    known = tomllib.loads(listed.read_text(encoding="utf-8"))
    if strangers := shown.keys() - known:
        raise KeyError(f"{sorted(strangers)} are markers of no requirement in {listed.name}")
    return [
        Requirement(id_, each["asks"], each["from"], each.get("lacks"), tuple(shown[id_]))
        for id_, each in known.items()
    ]


def marked(path: Path, node: str) -> Iterator[tuple[str, list[str]]]:
    """The ids of pytest for what is marked in a file: the file itself, a class, or a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            yield from _ids(node, [statement.value])
    yield from _within(tree, node)


def _within(parent: ast.Module | ast.ClassDef, node: str) -> Iterator[tuple[str, list[str]]]:
    for child in parent.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _ids(f"{node}::{child.name}", child.decorator_list)
        if isinstance(child, ast.ClassDef):
            yield from _within(child, f"{node}::{child.name}")


def _ids(node: str, said: list[ast.expr]) -> Iterator[tuple[str, list[str]]]:
    """The ids that markers among these expressions name, which may stand in a list."""
    calls = [each for one in said for each in ast.walk(one) if isinstance(each, ast.Call)]
    ids = [
        ast.literal_eval(id_)
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.requirement"
        for id_ in call.args
    ]
    if ids:
        yield node, ids
