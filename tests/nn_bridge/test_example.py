from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "own_network.py"


def test_the_example_runs_and_ends_near_a_minimum(tmp_path):
    result = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        capture_output=True, cwd=tmp_path, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "largest-gap" in result.stdout
    assert (tmp_path / "escape.png").exists()
