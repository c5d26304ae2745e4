"""What became of the tests of a run, by the ids that pytest has for them."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

CHECKOUT = Path(__file__).parents[2]


def outcomes(report: Path) -> dict[str, str]:
    """`passed`, `failed` or `skipped` for each test in a report that `pytest --junitxml` wrote."""
    return {_node(case): _outcome(case) for case in ET.parse(report).iter("testcase")}


def _node(case: ET.Element) -> str:
    """`tests/a/test_b.py::TestC::test_d[e]`; the report has dots where there are folders."""
    steps = case.attrib["classname"].split(".")
    for n in range(len(steps), 0, -1):
        file = Path(*steps[:n]).with_suffix(".py")
        if (CHECKOUT / file).is_file():
            return "::".join([file.as_posix(), *steps[n:], case.attrib["name"]])
    return f"{case.attrib['classname']}::{case.attrib['name']}"


def _outcome(case: ET.Element) -> str:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


def counted(node: str, found: dict[str, str]) -> Counter[str]:
    """How many tests of a file, class or function had each outcome."""
    inside = (f"{node}::", f"{node}[")
    return Counter(o for name, o in found.items() if name == node or name.startswith(inside))


def told(counts: Counter[str]) -> str:
    """The counts in words."""
    return ", ".join(f"{counts[o]} {o}" for o in sorted(counts)) or "not run"


def is_shown(counts: Counter[str]) -> bool:
    """Whether something passed, and nothing did anything else."""
    return set(counts) == {"passed"}
