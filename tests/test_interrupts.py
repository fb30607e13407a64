"""A started command hears Ctrl-C wherever the tests themselves run."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys

import pytest

DISPOSITION = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"


@pytest.fixture
def in_the_background():
    """Ignore SIGINT, as ``pytest &`` does in a shell that has no job control."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_the_tests_start_can_be_interrupted(in_the_background, landscape_sim_cli):
    script = dataclasses.replace(landscape_sim_cli, command=[sys.executable])
    with script.start("-c", DISPOSITION) as process:
        assert process.communicate(timeout=300)[0] == "False\n"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    # Negative control: what is started without care inherits the deaf ear.
    plain = subprocess.run([sys.executable, "-c", DISPOSITION], capture_output=True, check=True)
    assert plain.stdout == b"True\n"


def test_what_the_tests_start_does_not_outlive_them(landscape_sim_cli):
    script = dataclasses.replace(landscape_sim_cli, command=[sys.executable])
    with (
        pytest.raises(ZeroDivisionError),
        script.start("-c", "import time; time.sleep(3600)") as process,
    ):
        _ = 1 / 0
    assert process.returncode == -signal.SIGKILL
