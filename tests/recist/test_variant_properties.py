"""What every edition keeps, a variant keeps too: the properties, and the checks of the tables."""

import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
CRC = "crc-2026.v2"
REGISTERED = """
import sys
import pytest
from recist.derivation import derive
from recist.editions import admitted
from recist.variant import ChangedNodes, ChangedPd, ChangedPr, Changes, Variant

changes = Changes(
    pr=ChangedPr(percent=40),
    pd=ChangedPd(percent=25, and_mm=3),
    too_small_mm=4,
    nodes=ChangedNodes(normal_below_mm=8, target_from_mm=12),
)
variant = Variant(
    name="crc-2026", version=2, based_on="recist-1.1", title="CRC", cite="8", changes=changes
)
with admitted([derive(variant)]):
    sys.exit(pytest.main(sys.argv[1:]))
"""


def test_every_property_and_every_check_of_tables_holds_for_a_variant() -> None:
    """In a process of its own: these tests take the criteria that are known when they are read."""
    options = ["-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider", "-q", "-k", CRC]
    tests = ["tests/recist/test_properties.py", "tests/recist/test_tables.py"]
    done = subprocess.run(
        [sys.executable, "-c", REGISTERED, *options, *tests],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (count,) = re.findall(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert int(count) >= 13
