"""Every requirement has its tests or says what it lacks, and docs/validation.md says so."""

from pathlib import Path

import pytest

from tests.requirements.__main__ import DOCUMENT, not_shown, rendered
from tests.requirements.matrix import Requirement, marked, requirements
from tests.requirements.results import counted, is_shown, outcomes

CHECKOUT = Path(__file__).parents[2]
NOT_MET = {"P1", "P2", "P5"}
IN_PART = {"R1", "R2", "R3", "R6", "R7", "R8", "R14", "P3", "P4"}

pytestmark = pytest.mark.requirement("R16")

REPORT = """<testsuites><testsuite>
<testcase classname="tests.requirements.test_requirements" name="test_a[1]"/>
<testcase classname="tests.requirements.test_requirements" name="test_a[2]"><failure/></testcase>
<testcase classname="tests.requirements.test_requirements.TestB" name="test_c"/>
<testcase classname="tests.requirements.test_requirements" name="test_ab"><skipped/></testcase>
</testsuite></testsuites>"""
FILE = "tests/requirements/test_requirements.py"


@pytest.fixture(scope="module")
def listed() -> list[Requirement]:
    return requirements()


def test_they_are_all_there(listed: list[Requirement]) -> None:
    expected = [f"R{n}" for n in range(1, 17)] + [f"P{n}" for n in range(1, 6)]
    assert [each.id for each in listed] == expected


def test_each_has_a_test_or_is_known_not_to_be_met(listed: list[Requirement]) -> None:
    assert {each.id for each in listed if not each.tests} == NOT_MET
    assert {each.id for each in listed if each.state == "met in part"} == IN_PART
    assert {each.id for each in listed if each.state == "not met"} == NOT_MET


def test_what_is_named_is_a_test(listed: list[Requirement]) -> None:
    """A marker on anything else would show nothing."""
    nodes = [node.split("::") for each in listed for node in each.tests]
    assert all(Path(CHECKOUT, file).name.startswith("test_") for file, *_ in nodes)
    assert all(step.startswith(("test_", "Test")) for _, *steps in nodes for step in steps)


def test_the_document_is_current(listed: list[Requirement]) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == f"{rendered(listed)}\n", (
        "run python -m tests.requirements --write"
    )


def test_markers_are_found_wherever_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.slow, pytest.mark.requirement('R1')]\n"
        "@pytest.mark.requirement('R2', 'R3')\n"
        "class TestA:\n"
        "    @pytest.mark.requirement('R4')\n"
        "    def test_b(self): pass\n"
        "@pytest.mark.parametrize('x', [1])\n"
        "@pytest.mark.requirement('R5')\n"
        "async def test_c(x): pass\n"
        "def test_d(): pass\n"
    )
    assert dict(marked(file, "x.py")) == {
        "x.py": ["R1"],
        "x.py::TestA": ["R2", "R3"],
        "x.py::TestA::test_b": ["R4"],
        "x.py::test_c": ["R5"],
    }
    other = tmp_path / "listed.toml"
    other.write_text("[R1]\nasks = 'a'\nfrom = 'b'\n")
    with pytest.raises(KeyError, match="R2"):
        requirements(tmp_path, other)


def test_results_are_those_of_the_tests_inside(listed: list[Requirement], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    found = outcomes(report)
    assert counted(FILE, found) == {"passed": 2, "failed": 1, "skipped": 1}
    assert counted(f"{FILE}::test_a", found) == {"passed": 1, "failed": 1}
    assert is_shown(counted(f"{FILE}::TestB", found))
    assert not is_shown(counted(f"{FILE}::test_ab", found))
    assert not is_shown(counted(f"{FILE}::test_z", found))
    assert FILE in not_shown(listed, found)
    assert f"- `{FILE}`: 1 failed, 2 passed, 1 skipped" in rendered(listed, found)
