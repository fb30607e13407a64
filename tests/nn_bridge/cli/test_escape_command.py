"""``curvature``, ``escape`` and ``crosscheck``: what they leave, and what they refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from nn_bridge.measurements import cross_check, curvature, escape
from nn_bridge.training.tensor_files import read_tensors, write_tensors

SGD = ("--learning-rate", "0.002", "--batch-size", "1")


@pytest.fixture
def checkpoint(trained) -> Path:
    return trained / "epoch-00030.safetensors"


def document(result, command):
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["command"], found["is_complete"]) == (command, True)
    assert "UNOFFICIAL" in found["data"]["provenance"]
    return found, Path(found["folder"])


def table(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # A table that travels without its folder says what its data are.
    assert {row["data_are_official"] for row in rows} == {"False"}
    return rows


def run_json(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def test_escape_leaves_passages_and_every_loss(escaped, checkpoint):
    found, folder = document(escaped, "escape")
    rows = table(folder / "passages.csv")
    assert [row["c"] for row in rows] == ["1.02", "1.1"]
    assert all(int(row["n_events"]) + int(row["n_censored"]) == 4 for row in rows)
    assert len(found["passages"]) == 2
    with xr.open_dataset(folder / "results.nc") as dataset:
        assert dataset.sizes["replica"] == 4
        assert dataset.attrs["learning_rate"] == 0.002
        # Two eigenvalues are too few for most rules, and none of these predicts.
        is_open = dataset["is_open"].to_numpy().astype(bool)
        assert is_open.any()
        assert np.isnan(dataset["exponent"].to_numpy()[is_open]).all()
    (origin,) = run_json(folder)["checkpoints"]
    assert Path(origin["path"]) == checkpoint
    assert len(origin["sha256"]) == 64
    assert "UNOFFICIAL COPY" in (folder / "escape.svg").read_text(encoding="utf-8")
    assert found["sentences"][0].startswith("At ")
    assert "predicted" in found["sentences"][0]
    predicted = next(line for line in found["sentences"] if line.startswith("Predicted"))
    assert "to ≥ 2" in predicted
    assert "open by" in predicted


def test_crosscheck_reads_the_folder_of_an_escape(escaped, run):
    _, measured = document(escaped, "escape")
    checked = run("crosscheck", str(measured), "--curvatures", "1", "--relative-error", "0.2",
                  "--out", "x", "--json")  # fmt: skip
    found, folder = document(checked, "crosscheck")
    assert found["settings"]["escape"]["batch_size"] == 1
    assert run_json(folder)["checkpoints"] == run_json(measured)["checkpoints"]
    assert len(table(folder / "crosscheck.csv")) == len(found["rows"])
    assert next(row["of"] for row in table(folder / "exponents.csv")) == "network"
    # Rules that would count more eigenvalues than there are have no valley.
    assert found["open_rules"]
    assert {row["n"] for row in found["rows"]} == {1}
    assert "UNOFFICIAL COPY" in (folder / "crosscheck.svg").read_text(encoding="utf-8")


def test_curvature_by_the_gram_matrix_says_so(run, checkpoint):
    arguments = ("--eigenvalues", "4", "--probes", "4", "--steps", "5", "--out", "c", "--json")
    found, folder = document(run("curvature", str(checkpoint), *arguments), "curvature")
    assert any("Gram matrix" in line for line in found["sentences"])
    assert len(table(folder / "eigenvalues.csv")) == 4
    with xr.open_dataset(folder / "results.nc") as dataset:
        assert "Gram" in dataset.attrs["gauss_newton_method"]
    assert "UNOFFICIAL COPY" in (folder / "spectrum.svg").read_text(encoding="utf-8")


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


def test_curvature_interrupted_after_the_eigenvalues_keeps_them(run, checkpoint, monkeypatch):
    monkeypatch.setattr(curvature, "spectral_density", interrupt)
    result = run("curvature", str(checkpoint), "--eigenvalues", "4", "--out", "c", "--json")
    assert result.returncode == 130
    assert len(json.loads(result.stdout)["eigenvalues"]) == 4
    assert len(table(Path("c") / "eigenvalues.csv")) == 4
    assert run_json(Path("c"))["is_complete"] is False


@pytest.mark.slow
def test_crosscheck_interrupted_keeps_the_valleys_that_were_finished(escaped, run, monkeypatch):
    _, measured = document(escaped, "escape")
    original = cross_check.matching_valleys

    def first_only(*arguments, **options):
        yield next(original(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(cross_check, "matching_valleys", first_only)
    result = run(
        "crosscheck", str(measured), "--curvatures", "1", "--relative-error", "0.2", "--out", "x"
    )
    assert result.returncode == 130
    assert len({row["valley"] for row in table(Path("x") / "crosscheck.csv")}) == 1
    assert run_json(Path("x"))["is_complete"] is False


@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [
        (curvature, "top_eigenpairs", ("curvature",)),
        (escape, "curvature_at", ("escape", *SGD, "--eigenvalues", "2")),
    ],
)
def test_interrupted_before_anything_is_measured_nothing_is_left(
    run, checkpoint, monkeypatch, tmp_path, module, name, arguments
):
    monkeypatch.setattr(module, name, interrupt)
    command, *options = arguments
    assert run(command, str(checkpoint), *options, "--out", "o").returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_escape_interrupted_before_the_first_look_keeps_the_curvature(run, checkpoint, monkeypatch):
    monkeypatch.setattr(escape, "follow_losses", interrupt)
    result = run("escape", str(checkpoint), *SGD, "--eigenvalues", "2", "--out", "o")
    assert result.returncode == 130
    assert len(table(Path("o") / "eigenvalues.csv")) == 2
    assert run_json(Path("o"))["is_complete"] is False


@pytest.mark.parametrize("command", [("curvature",), ("escape", *SGD)])
def test_an_existing_folder_is_refused_before_anything_is_measured(
    run, checkpoint, monkeypatch, tmp_path, command
):
    monkeypatch.setattr(curvature, "top_eigenpairs", interrupt)
    (tmp_path / "there").mkdir()
    result = run(command[0], str(checkpoint), *command[1:], "--out", "there")
    assert result.returncode == 2
    assert "exists already" in result.stderr


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ("0.5,1.02", "exceed 1"),
        ("1.02,1.02", "must rise"),
        ("1.02,inf", "finite"),
        ("2;3", "numbers separated"),
    ],
)
def test_thresholds_are_refused_at_once(
    run, checkpoint, monkeypatch, tmp_path, thresholds, message
):
    monkeypatch.setattr(escape, "curvature_at", interrupt)
    result = run("escape", str(checkpoint), *SGD, "--thresholds", thresholds)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("curvature",), ("escape", *SGD)])
def test_weights_that_are_not_finite_are_refused(run, checkpoint, tmp_path, command):
    weights, text = read_tensors(checkpoint)
    name, first = next(iter(weights.items()))
    write_tensors(tmp_path / "nan.safetensors", weights | {name: first * float("nan")}, text)
    result = run(command[0], "nan.safetensors", *command[1:], "--out", "o")
    assert result.returncode == 2
    assert "not finite" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_what_is_no_escape_and_what_diverges_is_refused(run, checkpoint, tmp_path):
    assert "run.json" in run("crosscheck", ".").stderr
    fast = ("--learning-rate", "5", "--batch-size", "1", "--eigenvalues", "2")
    unstable = run("escape", str(checkpoint), *fast, "--out", "o")
    assert unstable.returncode == 2
    assert "2/h" in unstable.stderr
    assert "lower it" in unstable.stderr
    assert list(tmp_path.iterdir()) == []
