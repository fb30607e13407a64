"""Measurements cut short keep what they have; what cannot end well is refused at once."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from full_disk import full_disk
from live_progress import beside_progress
from small_mnist import write_small_mnist

from nn_bridge.cases.threads import OF_A_WORKER, threads_here
from nn_bridge.measurements import decoupling_cases, escape, noise
from nn_bridge.results import storing
from nn_bridge.training.tensor_files import read_tensors, write_tensors

SMALL = ("--samples", "60", "--batch-size", "10")
NOISE = ("noise", "mnist-parity", "--allow-unofficial", *SMALL, "--epochs", "2")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_small_mnist(folder, 60)
    write_small_mnist(folder / "other", 60)
    (folder / "other" / "mnist").rename(folder / "fashion-mnist")
    return folder


@pytest.fixture(scope="module")
def trained(nn_bridge_run, data_dir, tmp_path_factory) -> list[str]:
    """Return the checkpoints of a short run, in their order."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    result = nn_bridge_run("train", "mnist-parity", "--allow-unofficial", *SMALL, "--epochs", "3",
                           "--checkpoints", "0", "--data-dir", str(data_dir),
                           "--out", str(folder))  # fmt: skip
    assert result.returncode == 0, result.stderr
    return [str(folder / "checkpoints" / f"epoch-0000{i}.safetensors") for i in (0, 3)]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def record(folder: str):
    return json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = beside_progress(result.stderr).splitlines()
    return line


def fail_with(error):
    def fail(*arguments, **options):
        raise error

    return fail


def test_few_samples_get_the_alignment_that_they_allow(run):
    result = run(*NOISE, "--out", "n")
    assert result.returncode == 0, result.stderr
    assert record("n")["settings"]["alignment_samples"] == 60
    few = run(*NOISE, "--alignment-samples", "5", "--out", "few")
    assert few.returncode == 0, few.stderr
    # Five samples of one output span five directions, the mean gradient one of them.
    assert len(table(Path("few") / "alignment.csv")) == 4


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError("of 8 GiB"), 2)]
)
def test_what_goes_wrong_in_the_alignment_leaves_the_series(run, monkeypatch, error, code):
    monkeypatch.setattr(noise, "noise_alignment", fail_with(error))
    result = run(*NOISE, "--out", "n")
    assert result.returncode == code
    assert len(result.stderr.splitlines()) == 1
    assert len(table(Path("n") / "noise.csv")) == 3
    assert record("n")["is_complete"] is False


def rows_on_disk(monkeypatch, module, name, path):
    """Return what gathers, whenever the work ``name`` comes to a step, the rows on the disk."""
    follow, seen = getattr(module, name), []
    monkeypatch.setattr(storing, "_LEAST_TIMES_COST", 0.0)

    def watched(*arguments, **options):
        told = {key: options[key] for key in options if key.startswith("after_")}

        def after(*step):
            for one in told.values():
                one(*step)
            seen.append(len(table(path)))

        return follow(*arguments, **options | dict.fromkeys(told, after))

    monkeypatch.setattr(module, name, watched)
    return seen


def test_every_epoch_is_on_the_disk_before_the_next(run, monkeypatch):
    seen = rows_on_disk(monkeypatch, noise, "follow_noise", Path("n") / "noise.csv")
    assert run(*NOISE, "--out", "n").returncode == 0
    assert seen == [1, 2, 3]


def test_every_look_is_on_the_disk_before_the_next(run, trained, monkeypatch):
    seen = rows_on_disk(monkeypatch, escape, "follow_losses", Path("e") / "passages.csv")
    words = ("--learning-rate", "0.002", "--batch-size", "1", "--replicas", "2", "--max-steps", "3")
    done = run("escape", trained[1], *words, "--thresholds", "1.5,9", "--eigenvalues", "2",
               "--out", "e")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert seen == [2, 2, 2]


@pytest.mark.parametrize("command", ["noise", "curvature", "escape"])
@pytest.mark.parametrize("size", [100, 5_000, 20_000])
def test_a_full_disk_is_one_line(run, trained, command, size):
    words = {
        "noise": NOISE,
        "curvature": ("curvature", trained[1], "--eigenvalues", "2", "--steps", "4"),
        "escape": (
            *("escape", trained[1], "--learning-rate", "0.002", "--batch-size", "1"),
            *("--replicas", "2", "--max-steps", "3", "--thresholds", "1.5,9"),
            *("--eigenvalues", "2"),
        ),
    }
    with full_disk(size):
        line = one_line(run(*words[command], "--out", "full"))
    assert line.startswith("nn-bridge: cannot write full/")
    assert "File too large" in line
    assert not list(Path().rglob("*.part"))


def test_a_spectrum_that_was_finished_survives_the_next_one(run, trained, monkeypatch):
    measure, calls = decoupling_cases.spectra_at, []

    def once(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise MemoryError
        return measure(*arguments)

    monkeypatch.setattr(decoupling_cases, "spectra_at", once)
    line = one_line(run("decoupling", *trained, "--out", "d"))
    assert "out of memory" in line
    assert [row["epoch"] for row in table(Path("d") / "decoupling.csv")] == ["0"]
    assert record("d")["is_complete"] is False
    monkeypatch.setattr(decoupling_cases, "spectra_at", measure)
    assert run("decoupling", *trained, "--out", "whole").returncode == 0
    expected = {path.name: path.read_bytes() for path in Path("whole").glob("*.csv")}
    monkeypatch.setattr(decoupling_cases, "spectra_at", once)
    calls.clear()
    assert run("decoupling", "--resume", "d").returncode == 0
    assert len(calls) == 1
    assert {path.name: path.read_bytes() for path in Path("d").glob("*.csv")} == expected
    # As it does where the checkpoints are named one after the other.
    calls.clear()
    assert run("decoupling", trained[0], "--out", "e").returncode == 0
    calls.clear()
    assert run("decoupling", *trained, "--resume", "e").returncode == 0
    assert len(calls) == 1
    assert {path.name: path.read_bytes() for path in Path("e").glob("*.csv")} == expected


@pytest.mark.slow
def test_workers_measure_checkpoints_to_the_bits_of_one_thread(run, trained):
    pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    tables = []
    for number in ("1", "2"):
        done = run("decoupling", *trained, "--workers", number, "--out", number)
        assert done.returncode == 0, done.stderr
        tables.append({path.name: path.read_bytes() for path in Path(number).glob("*.csv")})
        assert len(list(Path(number, "cases").glob("*.json"))) == 2
    assert tables[0] == tables[1]
    if threads_here() == OF_A_WORKER:  # as where the tests run side by side
        assert run("decoupling", *trained, "--out", "here").returncode == 0
        assert {path.name: path.read_bytes() for path in Path("here").glob("*.csv")} == tables[0]


@pytest.mark.parametrize("command", ["noise", "decoupling"])
def test_a_folder_that_exists_is_met_before_anything_is_measured(
    run, trained, monkeypatch, tmp_path, command
):
    monkeypatch.setattr(noise, "follow_noise", fail_with(AssertionError))
    monkeypatch.setattr(decoupling_cases, "output_gradients", fail_with(AssertionError))
    (tmp_path / "there").mkdir()
    arguments = {"noise": NOISE, "decoupling": ("decoupling", *trained)}[command]
    assert "exists already" in one_line(run(*arguments, "--out", "there"))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 8 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        torch.OutOfMemoryError("CUDA out of memory"),
    ],
)
def test_out_of_memory_is_one_line_and_leaves_nothing(run, monkeypatch, tmp_path, error):
    monkeypatch.setattr(noise, "follow_noise", fail_with(error))
    assert "out of memory" in one_line(run(*NOISE))
    assert list(tmp_path.iterdir()) == []


def test_another_runtime_error_is_not_taken_for_want_of_memory(run, monkeypatch):
    monkeypatch.setattr(noise, "follow_noise", fail_with(RuntimeError("bug")))
    with pytest.raises(RuntimeError, match="bug"):
        run(*NOISE)


REFUSED = [
    ((*NOISE, "--alignment-samples", "61"), "alignment samples 61 must be 2 to 60"),
    ((*NOISE, "--alignment-samples", "1"), "alignment samples 1 must be 2 to 60"),
    ((*NOISE, "--window", "5:1"), "--window must be low:high with 0 <= low < high, got '5:1'"),
    ((*NOISE, "--window", "nan:1"), "--window must be low:high"),
    ((*NOISE, "--data-dir", "mistyped"), "mistyped does not exist"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_measured_is_refused_before_training(
    run, monkeypatch, tmp_path, arguments, message
):
    monkeypatch.setattr(noise, "follow_noise", fail_with(AssertionError))
    assert message in one_line(run(*arguments))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "message"),
    [("--learning-rate", "learning_rate must be a positive"), ("--batch-size", "batch_size")],
)
def test_a_zero_is_not_replaced_by_the_setting_of_the_checkpoint(run, trained, option, message):
    assert message in one_line(run("noise", "--checkpoint", trained[1], option, "0"))


def test_a_checkpoint_with_nan_is_named_for_what_it_is(run, trained, tmp_path):
    bad = tmp_path / "bad.safetensors"
    weights, text = read_tensors(trained[1])
    weights["1.bias"][0] = torch.nan
    write_tensors(bad, weights, text)
    for words in (("decoupling", str(bad)), ("noise", "--checkpoint", str(bad))):
        assert "1.bias is not finite, its training diverged" in one_line(run(*words))


def test_decoupling_of_several_outputs_is_refused_before_the_matrix(run, monkeypatch):
    trained = run("train", "fashion-mnist", "--allow-unofficial", *SMALL, "--width", "4",
                  "--epochs", "1", "--out", "f")  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    monkeypatch.setattr(decoupling_cases, "output_gradients", fail_with(AssertionError))
    path = "f/checkpoints/epoch-00001.safetensors"
    assert "10 outputs" in one_line(run("decoupling", path))


def test_results_say_which_checkpoint_was_measured_and_that_the_data_are_unofficial(run, trained):
    path = Path(trained[1])
    onward = ("noise", "--checkpoint", trained[1], "--epochs", "1")
    for command, words in (("noise", onward), ("decoupling", ("decoupling", trained[1]))):
        result = run(*words, "--out", command)
        assert result.returncode == 0, result.stderr
        (origin,) = record(command)["checkpoints"]
        assert origin["path"] == str(path)
        assert origin["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert origin["training"]["epoch"] == 3
        assert origin["training"]["data"]["is_official"] is False
        device = os.environ.get("NN_BRIDGE_TEST_DEVICE", "cpu")
        assert record(command)["device"].startswith(device)
        tables = list(Path(command).glob("*.csv"))
        assert len(tables) >= 2
        assert all(row["data_are_official"] == "False" for t in tables for row in table(t))
        (figure,) = Path(command).glob("*.svg")
        assert "UNOFFICIAL" in figure.read_text(encoding="utf-8")


def test_decoupling_tables_hold_the_ranks_by_their_share_of_the_trace(run, trained):
    result = run("decoupling", *trained, "--out", "d", "--json")
    assert result.returncode == 0, result.stderr
    rows = table(Path("d") / "leading.csv")
    assert [(row["epoch"], row["trace_share"]) for row in rows] == [
        (epoch, share) for epoch in ("0", "3") for share in ("0.5", "0.9", "0.99")
    ]
    assert all(float(row["low"]) <= float(row["high"]) for row in rows)
    found = json.loads(result.stdout)["tables"]
    assert sum(len(t) for t in found.values()) == 2 + 6 + len(table(Path("d") / "fallen.csv"))
