"""Networks of any shape, runs in iterations, the scaling of the inputs, and ``stability``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

SMALL = ("mnist-parity", "--allow-unofficial", "--samples", "60", "--batch-size", "10")
MLP = (*SMALL, "--network", "mlp", "--hidden", "3,2", "--scaling", "standardised")


@pytest.fixture
def trained_mlp(run) -> Path:
    result = run("train", *MLP, "--iterations", "12", "--out", "t", "--json")
    assert result.returncode == 0, result.stderr
    return Path("t")


def test_a_network_of_chosen_layers_is_trained_for_iterations_and_read_again(run, trained_mlp):
    written = json.loads((trained_mlp / "run.json").read_text(encoding="utf-8"))
    assert written["settings"]["epochs"] == 2
    assert written["settings"]["network"]["hidden"] == [3, 2]
    assert written["data"]["scaling"] == "standardised"
    resumed = run("train", "--resume", "t", "--epochs", "3", "--json")
    assert json.loads(resumed.stdout)["epoch"] == 3
    checkpoint = trained_mlp / "checkpoints" / "epoch-00002.safetensors"
    found = run("curvature", str(checkpoint), "--eigenvalues", "2", "--probes", "4", "--steps", "2",
                "--out", "c", "--json")  # fmt: skip
    assert "input scaling: standardised" in json.loads(found.stdout)["sentences"][-1]
    assert "784–3–2–1" in (Path("c") / "spectrum.svg").read_text(encoding="utf-8")


def test_the_learning_rate_is_raised_from_a_checkpoint(run, trained_mlp):
    checkpoint = trained_mlp / "checkpoints" / "epoch-00002.safetensors"
    result = run("stability", str(checkpoint), "--levels", "6", "--first", "0.01", "--last", "60",
                 "--spacing", "geometric", "--jump", "3", "--out", "s", "--json")  # fmt: skip
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    low, high = found["transition"]
    with (Path("s") / "limits.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["transition"]) for row in rows] == [high] * 4
    assert low < high
    assert found["start"]["descent"] == pytest.approx(2 / found["start"]["h_max"])
    assert (Path("s") / "stability.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", *SMALL, "--network", "mlp"), "needs its hidden layers"),
        (("train", *SMALL, "--network", "mlp", "--hidden", "3;2"), "--hidden must be integers"),
        (("train", *SMALL, "--iterations", "13"), "choose a multiple of 6"),
        (("train", *SMALL, "--iterations", "12", "--epochs", "2"), "not both"),
        (("train", "--resume", "t", "--iterations", "12"), "leave out all others"),
        (("train", *SMALL, "--scaling", "none"), "choose one of unit, standardised"),
        (("stability", "none", "--last", "0.0001"), "last must be above first"),
        (("stability", "none", "--jump", "1"), "jump must be finite and above 1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(run, arguments, message):
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
