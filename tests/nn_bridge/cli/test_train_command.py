"""``nn-bridge train`` and ``curvature``: what they leave, and what they refuse."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
import xarray as xr
from safetensors.torch import load_file

N_EPOCHS = 200


@pytest.fixture
def train(data_dir, tmp_path, monkeypatch, nn_bridge_run):
    """Run ``nn-bridge train`` on the small data in this process; return code and output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, dataset: tuple[str, ...] = ("mnist-parity", "--allow-unofficial")):
        return nn_bridge_run("train", *dataset, *arguments, "--data-dir", str(data_dir))

    return run


ONE_THREAD = {"OMP_NUM_THREADS": "1"}
TRAIN = ("train", "mnist-parity", "--allow-unofficial")
SETTINGS = ("--samples", "60", "--batch-size", "10", "--checkpoints", "0,1,2,3,190")


def weights(folder: Path, epoch: int) -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / f"epoch-{epoch:05d}.safetensors")


@pytest.fixture(scope="module")
def finished(nn_bridge_cli, data_dir, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "finished"
    options = [*SETTINGS, "--epochs", str(N_EPOCHS), "--out", str(folder), "--json"]
    result = nn_bridge_cli(*TRAIN, *options, "--data-dir", str(data_dir), env=ONE_THREAD)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["is_complete"]
    assert document["data"]["is_official"] is False
    return folder


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_killed_run_resumes_to_the_same_bits(finished, nn_bridge_cli, data_dir, tmp_path):
    folder = tmp_path / "killed"
    options = [*SETTINGS, "--epochs", str(N_EPOCHS), "--out", str(folder)]
    arguments = (*TRAIN, *options, "--data-dir", str(data_dir))
    with nn_bridge_cli.start(*arguments, env=ONE_THREAD) as process:
        wait_for(folder / "checkpoints" / "epoch-00003.safetensors", process)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "checkpoints" / f"epoch-{N_EPOCHS:05d}.safetensors").exists()
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["is_complete"] is False

    again = ("train", "--resume", str(folder), "--data-dir", str(data_dir))
    result = nn_bridge_cli(*again, env=ONE_THREAD)
    assert result.returncode == 0, result.stderr
    for epoch in (190, N_EPOCHS):
        ours, theirs = weights(folder, epoch), weights(finished, epoch)
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (folder / "history.csv").read_bytes() == (finished / "history.csv").read_bytes()
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["is_complete"] is True


@pytest.mark.slow
def test_a_killed_extension_is_resumed_to_the_end_that_it_was_to_have(
    finished, nn_bridge_cli, data_dir, tmp_path, train
):
    folder = shutil.copytree(finished, tmp_path / "copy")
    extend = ["train", "--resume", str(folder), "--epochs", "100000", "--data-dir", str(data_dir)]
    saved = folder / "checkpoints" / "latest.safetensors"
    saved.unlink()
    shutil.copy(folder / "checkpoints" / f"epoch-{N_EPOCHS:05d}.safetensors", saved)
    before = saved.stat().st_mtime_ns
    with nn_bridge_cli.start(*extend, env=ONE_THREAD) as process:
        # The state is saved every ten seconds.
        deadline = time.monotonic() + 300
        while saved.stat().st_mtime_ns == before and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["is_complete"] is False
    assert record["settings"]["epochs"] == 100_000
    # As a run looks that was killed by a version that did not write this.
    shutil.copy(finished / "run.json", folder / "run.json")
    assert f"epochs {N_EPOCHS} is before epoch" in one_line(
        train("--resume", str(folder), dataset=())
    )


def test_ctrl_c_leaves_a_folder_that_can_be_read_and_resumed(
    nn_bridge_cli, data_dir, tmp_path, train
):
    folder = tmp_path / "stopped"
    options = [*SETTINGS, "--epochs", "100000", "--out", str(folder), "--json"]
    arguments = (*TRAIN, *options, "--data-dir", str(data_dir))
    with nn_bridge_cli.start(*arguments, env=ONE_THREAD) as process:
        wait_for(folder / "checkpoints" / "epoch-00003.safetensors", process)
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=300)
    assert process.returncode == 130
    document = json.loads(output)
    assert document["is_complete"] is False
    assert document["epoch"] >= 3
    assert said.splitlines() == [f"nn-bridge: interrupted; what was finished is in {folder}"]
    later = str(document["epoch"] + 1)
    result = train("--resume", str(folder), "--epochs", later, dataset=())
    assert result.returncode == 0, result.stderr


def test_the_folder_holds_record_history_dataset_and_figure(finished):
    assert {path.name for path in finished.iterdir()} == {
        "checkpoints",
        "history.csv",
        "history.png",
        "history.svg",
        "report.html",
        "results.nc",
        "run.json",
    }
    record = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert record["seeds"] == {"weights and batches": 0}
    assert record["settings"]["learning_rate"] == 0.01
    assert record["versions"]["torch"]
    assert len(record["data"]["sha256"]["train-images-idx3-ubyte"]) == 64
    dataset = xr.load_dataset(finished / "results.nc")
    assert dataset["batch_loss"].size == N_EPOCHS
    assert dataset["checkpoint"].values.tolist() == [0, 1, 2, 3, 190, N_EPOCHS]
    # Sixty samples are learnt by heart: the loss of all is as small as that of the batches.
    assert float(dataset["loss"][-1]) == pytest.approx(float(dataset["batch_loss"][-1]), rel=0.5)
    assert float(dataset["loss"][-1]) < 1e-9 * float(dataset["loss"][0])


def test_a_finished_run_can_be_extended(finished, train, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    result = train("--resume", str(folder), "--epochs", str(N_EPOCHS + 5), dataset=())
    assert result.returncode == 0, result.stderr
    assert weights(folder, N_EPOCHS + 5)
    assert "before epoch" in one_line(train("--resume", str(folder), "--epochs", "7", dataset=()))


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("nn-bridge: ")
    return line


def test_a_diverging_run_ends_with_one_line_and_keeps_what_it_had(train, tmp_path):
    folder = tmp_path / "run"
    line = one_line(
        train(*SETTINGS, "--epochs", "50", "--learning-rate", "5", "--out", str(folder))
    )
    assert "no longer finite in epoch" in line
    assert all(value.isfinite().all() for value in weights(folder, 0).values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--samples", "61"), "samples 61 is beyond the 60 samples"),
        (("--samples", "60", "--batch-size", "61"), "batch_size 61 is beyond"),
        (("--samples", "60", "--learning-rate", "-1"), "learning_rate must be a positive"),
        (("--samples", "60", "--network", "cnn"), "does not take inputs of shape (1, 28, 28)"),
        (("--samples", "60", "--loss", "cross-entropy"), "cross-entropy needs one-hot"),
        (("--checkpoints", "0,x"), "--checkpoints must be integers separated by commas"),
        (("--device", "tpu"), "--device tpu is not available"),
        (("--resume", "nowhere"), "--resume takes the settings of its folder"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_folder(train, tmp_path, arguments, message):
    assert message in one_line(train("--epochs", "1", "--out", "run", *arguments))
    assert not (tmp_path / "run").exists()


def test_unofficial_data_and_missing_folders_are_refused(train):
    assert "--allow-unofficial" in one_line(train(dataset=("mnist-parity",)))
    assert "no readable run.json" in one_line(train("--resume", "nowhere", dataset=()))
    assert "name a data set" in one_line(train(dataset=()))


def test_curvature_without_a_checkpoint_is_one_line(run):
    assert "there is no checkpoint" in one_line(run("curvature", "x"))


def test_an_existing_folder_is_never_overwritten(train, tmp_path):
    (tmp_path / "run").mkdir()
    line = one_line(train(*SETTINGS, "--epochs", "1", "--out", "run"))
    assert "exists already" in line


def test_curvature_of_a_checkpoint_becomes_a_folder(finished, nn_bridge_cli, data_dir, tmp_path):
    checkpoint = finished / "checkpoints" / f"epoch-{N_EPOCHS:05d}.safetensors"
    options = ("--eigenvalues", "4", "--probes", "4", "--steps", "5", "--out", "out", "--json")
    result = nn_bridge_cli(
        "curvature",
        str(checkpoint),
        *options,
        "--data-dir",
        str(data_dir),
        cwd=tmp_path,
        env=ONE_THREAD,
    )
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["exponent_low"] <= document["exponent_high"]
    dataset = xr.load_dataset(tmp_path / "out" / "results.nc")
    assert dataset.sizes["rank"] == 4
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"outliers.csv", "eigenvalues.csv", "run.json", "spectrum.png"} <= names
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["data"]["is_official"] is False
