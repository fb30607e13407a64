from __future__ import annotations

import math
import runpy
from pathlib import Path

import pytest
import torch

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXAMPLE = EXAMPLES / "own_network.py"


def test_the_example_runs_and_ends_near_a_minimum(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    output = capsys.readouterr().out
    # Label noise of deviation 0.1 leaves a loss of 0.005.
    assert float(output.split("L* = ")[1].split()[0]) < 0.02
    assert "largest-gap" in output
    assert (tmp_path / "escape.png").exists()


@pytest.mark.slow
def test_the_chain_at_a_minimum_climbs_for_every_seed(monkeypatch, capsys):
    module = runpy.run_path(str(EXAMPLES / "chain_at_a_minimum.py"))

    def digits(seed, samples):
        """Return what takes no download: what a network of the same shape says, and noise."""
        generator = torch.Generator().manual_seed(seed)
        x, weights, noise = (
            torch.randn(shape, generator=generator, dtype=torch.float64)
            for shape in ((samples, 25), (25, 2), (samples, 1))
        )
        return x, torch.tanh(0.3 * x @ weights) @ torch.ones(2, 1, dtype=x.dtype) + 0.3 * noise

    monkeypatch.setitem(module["main"].__globals__, "digits", digits)
    found = module["main"](
        ["--seeds", "0,1", "--samples", "400", "--replicas", "10", "--directions", "2",
         "--relative-error", "0.3", "--thresholds", "1.2", "--max-steps", "300",
         "--learning-rate", "0.05"]
    )  # fmt: skip
    assert [one.is_complete for one in found] == [True, True]
    output = capsys.readouterr().out
    assert output.count("L* =") >= 2
    links = [one.table("chain").set_index("rung").loc["gaussian", "link"] for one in found]
    mean = math.sqrt(links[0] * links[1])
    assert f"{mean:.6f}" in output
