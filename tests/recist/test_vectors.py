"""The worked cases, run from outside through the command line as another program would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("criteria", ["recist_1_1", "zhu_2013"])
def test_all_worked_cases_agree(shared: Path, criteria: str) -> None:
    ran = subprocess.run(
        [
            sys.executable,
            shared / "check" / "vectors.py",
            shared / "vectors" / "criteria.yaml",
            *("--kind", "lesion", "--criteria", criteria),
        ],
        cwd=CHECKOUT,
        env=os.environ | {"RECIST": f"{sys.executable} -m service"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    agreed, _, total = ran.stdout.split()[-3].partition("/")
    assert agreed == total != "0"
