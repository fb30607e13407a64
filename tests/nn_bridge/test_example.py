from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "own_network.py"


def test_the_example_runs_and_ends_near_a_minimum():
    result = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    # Label noise of deviation 0.1 leaves a loss of 0.005.
    assert float(result.stdout.split("L = ")[1].split(",")[0]) < 0.02
    assert "largest-gap" in result.stdout
