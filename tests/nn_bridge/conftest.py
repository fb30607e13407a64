"""A small data set, and the command run in this process."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from pathlib import Path
from unittest import mock

import pytest
from small_mnist import write_small_mnist

from nn_bridge.cli import main

#: Where commands compute that are not told: NN_BRIDGE_TEST_DEVICE=cuda pytest tests/nn_bridge
DEVICE = os.environ.get("NN_BRIDGE_TEST_DEVICE", "cpu")
_WITH_DEVICE = {
    "train", "noise", "decoupling", "curvature", "escape", "stability", "paper"
}  # fmt: skip


def run_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``nn-bridge`` in this process, which has torch already; return code and output."""
    is_told = not _WITH_DEVICE.intersection(arguments[:1]) or {"--device", "--help"} & {*arguments}
    if DEVICE != "cpu" and not is_told:
        arguments = (*arguments, "--device", DEVICE)
    said, complained = io.StringIO(), io.StringIO()
    with (
        mock.patch("sys.argv", ["nn-bridge", *arguments]),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        code = main()
    return subprocess.CompletedProcess(arguments, code, said.getvalue(), complained.getvalue())


@pytest.fixture(scope="session")
def nn_bridge_run():
    """Run ``nn-bridge`` in this process, for fixtures that several tests share."""
    return run_here


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_small_mnist(folder, 60)
    return folder


@pytest.fixture(scope="session")
def trained(data_dir, tmp_path_factory) -> Path:
    """Return the checkpoints, at epochs 0, 10 and 30, of a small run."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    result = run_here(
        "train", "mnist-parity", "--allow-unofficial", "--samples", "60", "--batch-size", "10",
        "--epochs", "30", "--checkpoints", "0,10", "--data-dir", str(data_dir), "--out",
        str(folder),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return folder / "checkpoints"


@pytest.fixture
def run(data_dir, tmp_path, monkeypatch):
    """Run ``nn-bridge`` on the small data in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NN_BRIDGE_DATA", str(data_dir))
    return run_here


@pytest.fixture(scope="session")
def escaped(data_dir, trained) -> subprocess.CompletedProcess[str]:
    """Return what a short ``nn-bridge escape`` said; its folder lies beside the checkpoints."""
    return run_here(
        "escape", str(trained / "epoch-00030.safetensors"), "--learning-rate", "0.002",
        "--batch-size", "1", "--replicas", "4", "--max-steps", "60", "--thresholds", "1.02,1.1",
        "--eigenvalues", "2", "--data-dir", str(data_dir), "--out", str(trained.parent / "e"),
        "--json",
    )  # fmt: skip
