"""The commands that measure a network: what they leave, and what they refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from nn_bridge.data.datasets import load_dataset
from nn_bridge.gradients.noise_strength import layerwise_noise_strength, minibatch_noise_strength
from nn_bridge.training.losses import mean_square
from nn_bridge.training.networks import build_network

SMALL = ("--samples", "60", "--batch-size", "10")


def document(result, command):
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["command"] == command
    assert found["is_complete"]
    assert "UNOFFICIAL" in found["data"]["provenance"]
    folder = Path(found["folder"])
    assert json.loads((folder / "run.json").read_text())["data"]["sha256"]
    return found, folder


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_decoupling_leaves_spectra_of_every_checkpoint(run, trained):
    paths = [str(trained / f"epoch-{epoch:05d}.safetensors") for epoch in (10, 0, 30)]
    found, folder = document(run("decoupling", *paths, "--out", "d", "--json"), "decoupling")
    with xr.open_dataset(folder / "results.nc") as dataset:
        assert dataset["epoch"].values.tolist() == [0, 10, 30]
        assert dataset.sizes["rank"] == 60
        np.testing.assert_allclose(
            dataset["exact"].sum("rank") / dataset["decoupled"].sum("rank"), dataset["trace_ratio"]
        )
    assert len(table(folder / "decoupling.csv")) == 3
    assert (folder / "spectra.png").exists()
    answer, paper, *_ = found["sentences"]
    last = table(folder / "decoupling.csv")[-1]
    assert answer.startswith(
        f"At epoch {last['epoch']} exact over decoupled is {float(last['trace_ratio']):.3f} ± "
    )
    assert "except for very small" in paper


def test_noise_from_scratch_and_from_a_checkpoint(run, trained):
    scratch = run(
        "noise", "mnist-parity", "--allow-unofficial", *SMALL, "--epochs", "3",
        "--method", "both", "--alignment-samples", "20", "--out", "n", "--json",
    )  # fmt: skip
    found, folder = document(scratch, "noise")
    assert len(table(folder / "noise.csv")) == 4
    scores = [
        (float(row["noise_by_batches"]) - float(row["noise_strength"]))
        / float(row["noise_by_batches_error"])
        for row in table(folder / "noise.csv")
    ]
    assert found["rms_score"] == pytest.approx(np.sqrt(np.mean(np.square(scores))), rel=1e-12)
    assert 0 < found["cosine"] <= 1
    assert len(table(folder / "alignment.csv")) == 10
    assert (folder / "noise.svg").exists()
    onward = run(
        "noise", "--checkpoint", str(trained / "epoch-00030.safetensors"), "--epochs", "2",
        "--alignment-samples", "0", "--out", "m", "--json",
    )  # fmt: skip
    found, folder = document(onward, "noise")
    assert [row["epoch"] for row in table(folder / "noise.csv")] == ["30", "31", "32"]
    assert found["sentences"][0].startswith("It is open whether 𝒩 follows L")
    assert any(sentence.startswith("No exponent") for sentence in found["sentences"])


REFUSED = [
    (("decoupling", "nowhere.safetensors"), "no checkpoint"),
    (("noise",), "either a data set"),
    (
        ("noise", "mnist-parity", "--allow-unofficial", *SMALL, "--method", "guess"),
        "--method 'guess'",
    ),
    (("noise", "mnist-parity", "--window", "1"), "--window must be low:high"),
    (("noise", "mnist-parity", "--allow-unofficial", "--samples", "61"), "beyond the 60"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_bad_input_is_one_line_and_leaves_nothing(run, arguments, message, tmp_path):
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_checkpoint_fixes_is_refused(run, trained, tmp_path):
    path = str(trained / "epoch-00030.safetensors")
    fixed = run("noise", "--checkpoint", path, "--width", "10")
    assert "width are those of the checkpoint" in fixed.stderr
    many = run("curvature", path, "--steps", "99999", "--out", "c")
    assert "--steps 99999 is beyond" in many.stderr
    assert many.returncode == 2
    twice = run("decoupling", path, path)
    assert "each of another epoch" in twice.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_diverging_run_keeps_what_was_measured(run, tmp_path):
    result = run(
        "noise", "mnist-parity", "--allow-unofficial", *SMALL, "--learning-rate", "1e30",
        "--epochs", "4", "--out", "diverged",
    )  # fmt: skip
    assert result.returncode == 2
    assert "no longer finite" in result.stderr
    assert len(table(tmp_path / "diverged" / "noise.csv")) >= 1
    assert json.loads((tmp_path / "diverged" / "run.json").read_text())["is_complete"] is False


@pytest.mark.real_data
def test_both_noise_strengths_agree_on_real_mnist():
    dataset = load_dataset("mnist-parity", samples=2000)
    network = build_network("mlp-100", seed=1)
    exact = layerwise_noise_strength(network, dataset.inputs, dataset.targets, mean_square)
    estimate = minibatch_noise_strength(
        network, dataset.inputs, dataset.targets, mean_square,
        batch_size=20, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert abs(estimate.noise_strength - exact.noise_strength) < 4.4 * estimate.standard_error
