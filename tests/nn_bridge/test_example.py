from __future__ import annotations

import runpy
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "own_network.py"


def test_the_example_runs_and_ends_near_a_minimum(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    output = capsys.readouterr().out
    # Label noise of deviation 0.1 leaves a loss of 0.005.
    assert float(output.split("L* = ")[1].split()[0]) < 0.02
    assert "largest-gap" in output
    assert (tmp_path / "escape.png").exists()
