"""One line and an exit code of its own for every way to interrupt a command."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from landscape_sim.console.application import new_application, run_application
from landscape_sim.console.interruptions import run_until_interrupted

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_within_a_command_is_one_line(monkeypatch, capsys, number, code):
    app = new_application("A summary.")
    for name in ("work", "rest"):
        app.command(name)(lambda: signal.raise_signal(number))
    monkeypatch.setattr(sys, "argv", ["program", "work"])
    assert run_until_interrupted("program", lambda: run_application(app, "program")) == code
    assert capsys.readouterr().err == "program: interrupted; nothing was kept\n"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_while_the_options_are_read_is_one_line(monkeypatch, capsys):
    def stop(*arguments, **settings):
        signal.raise_signal(signal.SIGTERM)

    app = new_application("A summary.")
    app.command("work")(lambda: None)
    monkeypatch.setattr(TyperGroup, "make_context", stop)
    assert run_until_interrupted("program", lambda: run_application(app, "program")) == 143
    assert capsys.readouterr().err == "program: interrupted; nothing was kept\n"


def test_whatever_a_library_makes_of_a_signal_is_an_interruption(capsys):
    def run():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise RecursionError("half imported") from None

    assert run_until_interrupted("program", run) == 143
    assert capsys.readouterr().err.startswith("program: interrupted; ")
    with pytest.raises(ZeroDivisionError):
        run_until_interrupted("program", lambda: 1 // 0)


def test_the_line_says_what_was_kept(capsys):
    def run():
        raise KeyboardInterrupt("what was finished is in r")

    assert run_until_interrupted("program", run) == 130
    assert capsys.readouterr().err == "program: interrupted; what was finished is in r\n"


def test_a_signal_while_the_interpreter_ends_changes_nothing():
    program = """
import atexit, os, signal
from landscape_sim.console.interruptions import run_until_interrupted
atexit.register(lambda: [os.kill(os.getpid(), s) for s in (signal.SIGTERM, signal.SIGINT)])
raise SystemExit(run_until_interrupted("program", lambda: 0))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_other_ends_are_left_alone():
    assert run_until_interrupted("program", lambda: 2) == 2

    def leave():
        raise typer.Exit(3)

    with pytest.raises(typer.Exit):
        run_until_interrupted("program", leave)
