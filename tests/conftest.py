"""The command lines, started as their users start them, and the tests that need real data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from live_progress import beside_progress

# Read when NumPy and torch are first imported. The matrices here are small: threads that wait for
# one another on a busy machine take ten times as long as one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# On a busy machine an example of milliseconds takes longer than any limit.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Hear Ctrl-C, and what the tests start with them.

    A shell without job control lets what it starts in the background ignore SIGINT, and a child
    inherits that; a handler of Python's own is not inherited.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the real data where no directory with them is named, or it is not there."""
    folder = os.environ.get("NN_BRIDGE_DATA", "")
    if item.get_closest_marker("real_data") and not (folder and Path(folder).is_dir()):
        pytest.skip(f"NN_BRIDGE_DATA names no directory with the real data: {folder!r}")


@dataclass(frozen=True)
class ConsoleScript:
    """A console script; calling it runs it to its end and returns what it said."""

    command: list[str]

    def __call__(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run with ``arguments``; ``env`` is added to the present environment.

        Of what it says while it works nothing is returned.
        """
        ended = subprocess.run(
            [*self.command, *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
        ended.stderr = beside_progress(ended.stderr)
        return ended

    @contextmanager
    def start(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Start with ``arguments`` and pipes, for a test that stops it or reads as it runs.

        It does not outlive its test, whatever happens there.
        """
        process = subprocess.Popen(
            [*self.command, *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


def console_script(name: str, package: str) -> ConsoleScript:
    """Return the script that pip put beside this interpreter, hence the installed package.

    In a checkout that is not installed there is none; the same entry point is then called
    on the checkout, whatever the working directory.
    """
    installed = Path(sys.executable).with_name(name)
    if installed.exists():
        return ConsoleScript([str(installed)])
    entry_point = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); "
        f"from {package}.cli import main; sys.exit(main())"
    )
    return ConsoleScript([sys.executable, "-c", entry_point])


@pytest.fixture
def landscape_sim_here(monkeypatch, capsys) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``landscape-sim`` in this process: for refusals, which take less time than an import."""
    from landscape_sim.cli import main

    def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(cwd or Path.cwd())
        monkeypatch.setattr("sys.argv", ["landscape-sim", *arguments])
        code = main()
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def landscape_sim_cli() -> ConsoleScript:
    """The real ``landscape-sim``."""
    return console_script("landscape-sim", "landscape_sim")


@pytest.fixture(scope="session")
def nn_bridge_cli() -> ConsoleScript:
    """The real ``nn-bridge``."""
    return console_script("nn-bridge", "nn_bridge")
