"""How a command line ends."""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import Annotated

import pytest
import typer

from landscape_sim.console.application import new_application, run_application
from landscape_sim.console.document import print_result
from landscape_sim.validation import InputError


def ending(error: BaseException) -> typer.Typer:
    app = new_application("A summary.")

    @app.command()
    def work() -> None:
        raise error

    @app.command()
    def rest() -> None:
        """Do nothing; with one command alone Typer asks for no name."""

    return app


def run(monkeypatch, app, *arguments, explain=None) -> int:
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    return run_application(app, "program", explain)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("x is 3; give 4"), 2, "program: x is 3; give 4\n"),
        (MemoryError("big"), 2, "program: out of big\n"),
    ],
)
def test_an_expected_end_is_one_line(monkeypatch, capsys, error, code, line):
    def explain(error):
        return f"out of {error}" if isinstance(error, MemoryError) else None

    assert run(monkeypatch, ending(error), "work", explain=explain) == code
    assert capsys.readouterr().err == line


def numbers() -> typer.Typer:
    """Return a command of options that are numbers within bounds."""
    app = new_application("A summary.")

    @app.command()
    def work(
        seed: Annotated[int, typer.Option(min=0)] = 0, level: Annotated[float, typer.Option()] = 0.0
    ) -> None:
        raise AssertionError

    return app


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--seed", "-3"), "'--seed': must be at least 0, got '-3'; raise it"),
        (("--seed", "x"), "'--seed': must be an integer, got 'x'; write one without a point"),
        (("--seed", "2.5"), "'--seed': must be an integer, got '2.5'; write one without a point"),
        (("--level", "high"), "'--level': must be a number, got 'high'; write one"),
    ],
)
def test_what_an_option_refuses_is_said_in_our_words(monkeypatch, capsys, given, line):
    assert run(monkeypatch, numbers(), "work", *given) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"program: Invalid value for {line}")
    assert said.endswith(" (see program work --help)\n")


@pytest.mark.parametrize("name", [None, "r/results.nc"])
def test_a_full_disk_is_one_line(monkeypatch, capsys, name):
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    assert run(monkeypatch, ending(error), "work") == 2
    line = f"program: cannot write {name or 'the output'}: No space left on device; make room there"
    assert capsys.readouterr().err == f"{line}\n"


def test_a_reader_who_has_gone_is_left_alone(monkeypatch, capsys):
    assert run(monkeypatch, ending(BrokenPipeError()), "work") == 141
    assert capsys.readouterr().err == ""


def test_an_unexpected_error_is_not_swallowed(monkeypatch):
    with pytest.raises(EOFError):
        run(monkeypatch, ending(EOFError()), "work")
    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, ending(ZeroDivisionError()), "work", explain=lambda error: None)


def test_version_help_and_unknown_options(monkeypatch, capsys):
    app = ending(InputError("no"))
    assert run(monkeypatch, app, "--version") == 0
    assert capsys.readouterr().out.startswith("program")
    assert run(monkeypatch, app) == 0
    assert "A summary." in capsys.readouterr().out
    assert run(monkeypatch, app, "work", "--bogus") == 2
    assert capsys.readouterr().err.startswith("program: No such option")


def test_a_document_that_is_not_complete_says_why(capsys):
    document = {"is_complete": False, "folder": "r", "refusal": None}
    with pytest.raises(KeyboardInterrupt, match=r"^what was finished is in r$"):
        print_result(document, True)
    assert json.loads(capsys.readouterr().out) == document
    with pytest.raises(InputError, match="case 3: no; what was finished is in r"):
        print_result({**document, "refusal": "case 3: no"}, True)


def test_any_message_is_one_line_that_can_be_read(monkeypatch, capsys):
    error = InputError(
        "seed\n\x1b[31m: " + "9" * 401 + "; give " + ", ".join(["name"] * 500) + " up"
    )
    assert run(monkeypatch, ending(error), "work") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("program: seed \\x1b[31m: " + "9" * 40 + "… ")
    assert len(line) < 1600
    assert line.endswith("name up")
    assert run(monkeypatch, ending(InputError("no")), "work", f"--{'x' * 500}") == 2
    assert len(capsys.readouterr().err) < 150


def test_memory_that_cannot_be_had_is_one_line(monkeypatch, capsys):
    error = MemoryError("Unable to allocate 149. GiB")
    assert run(monkeypatch, ending(error), "work") == 2
    assert capsys.readouterr().err.startswith("program: out of memory (Unable to allocate 149.")
