"""The worked cases, run from outside through the command line as another program would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.requirement("R14")
def test_all_worked_cases_agree(shared: Path) -> None:
    """Of those that are ambiguous both readings come out, each under its switch."""
    ran = subprocess.run(
        [
            sys.executable,
            shared / "check" / "vectors.py",
            shared / "vectors" / "criteria.yaml",
        ],
        cwd=CHECKOUT,
        env=os.environ | {"RECIST": f"{sys.executable} -m service"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    agreed, _, total = ran.stdout.split()[-3].partition("/")
    assert agreed == total
    assert int(total) > 100
