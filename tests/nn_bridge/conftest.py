"""A small data set, and the command run in this process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from small_mnist import write_small_mnist

from nn_bridge.cli import main


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_small_mnist(folder, 60)
    return folder


@pytest.fixture
def run(data_dir, tmp_path, monkeypatch, capsys):
    """Run ``nn-bridge`` in this process; return code and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NN_BRIDGE_DATA", str(data_dir))

    def call(*arguments: str):
        monkeypatch.setattr("sys.argv", ["nn-bridge", *arguments])
        code = main()
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return call
