"""A started command hears Ctrl-C wherever the tests themselves run."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys

import pytest

DISPOSITION = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"


def test_what_the_tests_start_can_be_interrupted(landscape_sim_cli):
    script = dataclasses.replace(landscape_sim_cli, command=[sys.executable])
    with script.start("-c", DISPOSITION) as process:
        assert process.communicate(timeout=300)[0] == "False\n"


def test_pytest_in_the_background_hears_ctrl_c():
    """Where it starts with SIGINT ignored, as ``pytest &`` does without job control."""
    test = f"{__file__}::{test_what_the_tests_start_can_be_interrupted.__name__}"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        plain = subprocess.run([sys.executable, "-c", DISPOSITION], capture_output=True, check=True)
        ours = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", test],
            capture_output=True,
            check=False,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    # Negative control: what is started without care inherits the deaf ear.
    assert plain.stdout == b"True\n"
    assert ours.returncode == 0, ours.stdout


def test_what_the_tests_start_does_not_outlive_them(landscape_sim_cli):
    script = dataclasses.replace(landscape_sim_cli, command=[sys.executable])
    with (
        pytest.raises(ZeroDivisionError),
        script.start("-c", "import time; time.sleep(3600)") as process,
    ):
        _ = 1 / 0
    assert process.returncode == -signal.SIGKILL
