"""The scripts of the gallery run as they stand, and each leaves its picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
#: Needs data and minutes; tests/nn_bridge/test_example.py runs a small version.
LONG = "chain_at_a_minimum"
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if path.stem != LONG)
#: The smoke of every run.
AT_ONCE = {"power_law_or_arrhenius"}


def marked(path: Path) -> object:
    return pytest.param(path, id=path.stem, marks=[pytest.mark.slow][path.stem in AT_ONCE :])


def test_there_are_ten():
    assert len(SCRIPTS) == 10


@pytest.mark.parametrize("script", [marked(path) for path in SCRIPTS])
def test_a_script_runs_and_leaves_a_picture(script, tmp_path):
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    pictures = list(tmp_path.glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
