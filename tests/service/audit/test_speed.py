"""The benchmark of the audit trail runs, in its short form, and is not far from its aim."""

import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]


def test_a_short_trail_is_verified_in_the_time_of_a_long_one():
    """Ten times what the aim, a million in 10 s, would allow: a machine of tests is a busy one."""
    command = [sys.executable, "-m", "tests.bench.bench_audit", "20000"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.match(r"verifying 20000 entries of the audit trail: (\d+\.\d) s", done.stdout)
    assert float(found[1]) < 20_000 * 1e-4
