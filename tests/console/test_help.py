"""The help of every command: an example that runs, and where the words are explained."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from landscape_sim.cli.commands import app as landscape_sim
from nn_bridge.cli.commands import app as nn_bridge

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = {"landscape-sim": landscape_sim, "nn-bridge": nn_bridge}
GROUPS = {*PROGRAMS, "landscape-sim regression", "landscape-sim study"}
#: Ready in a second; the others are tried at night, those on networks where there are data.
AT_ONCE = {"landscape-sim rate", "landscape-sim landscapes", "landscape-sim terms"}


def commands(name: str, group: typer.main.TyperGroup) -> Iterator[str]:
    yield name
    for inner, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(f"{name} {inner}", command)
        else:
            yield f"{name} {inner}"


ALL = [
    command
    for name, app in PROGRAMS.items()
    for command in commands(name, typer.main.get_command(app))
]


def help_of(command: str) -> str:
    program, *words = command.split()
    done = CliRunner().invoke(PROGRAMS[program], [*words, "--help"])
    assert done.exit_code == 0, done.output
    return done.output


def example(command: str) -> list[str]:
    """Return the example's command lines, each on one line."""
    shown = help_of(command).split("Example:\n")[1].split("\n\n")[0]
    return [" ".join(line.split()) for line in shown.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("command", ALL)
def test_help_ends_with_an_example_of_the_command_and_where_the_terms_are(command):
    assert help_of(command).rstrip().endswith("Terms and symbols: landscape-sim terms")
    assert example(command)[-1].startswith(command)


def test_every_command_has_its_line_in_the_page_of_commands():
    page = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
    named = {word for line in page.splitlines() if line.startswith("| `") for word in words(line)}
    assert {command for command in ALL if command not in GROUPS} == named


def words(line: str) -> list[str]:
    """Return the commands of a line: of ``study status`` and ``plot`` both."""
    first, *others = re.findall(r"`([^`]+)`", line.split("|")[1])
    return [first, *(f"{first.rsplit(' ', 1)[0]} {other}" for other in others)]


@pytest.fixture(scope="module")
def in_a_shell(tmp_path_factory, landscape_sim_cli, nn_bridge_cli):
    """Run a line in a shell where both programs are found; a second time nothing happens."""
    folder, programs = (tmp_path_factory.mktemp(name) for name in ("here", "bin"))
    for name, script in zip(PROGRAMS, (landscape_sim_cli, nn_bridge_cli), strict=True):
        start = f'#!/bin/sh\nexec {shlex.join(script.command)} "$@"\n'
        (programs / name).write_text(start, encoding="utf-8")
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    outputs: dict[str, str] = {}

    def run(line: str) -> str:
        if line not in outputs:
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=folder,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                timeout=1200,
                check=False,
            )
            assert done.returncode == 0, f"{line}: {done.stderr}"
            outputs[line] = done.stdout
        return outputs[line]

    return run


def marked(command: str) -> object:
    marks = [] if command in AT_ONCE else [pytest.mark.slow]
    if command.startswith("nn-bridge"):
        marks.append(pytest.mark.real_data)
    return pytest.param(command, marks=marks)


@pytest.mark.parametrize("command", [marked(command) for command in ALL])
def test_the_example_runs(in_a_shell, command):
    *_, said = [in_a_shell(line) for line in example(command)]
    assert said.strip()


def test_a_wrong_option_names_the_help_of_its_command(landscape_sim_here):
    done = landscape_sim_here("study", "status", "--bogus")
    assert done.returncode == 2
    assert done.stderr.endswith("(see landscape-sim study status --help)\n")


@pytest.mark.parametrize(
    ("typed", "offered"), [("landscape-sim ra", "rate"), ("nn-bridge cu", "curvature")]
)
def test_a_shell_is_told_how_words_end(in_a_shell, typed, offered):
    name = typed.split()[0].upper().replace("-", "_")
    asked = f"_{name}_COMPLETE=complete_bash COMP_WORDS='{typed}' COMP_CWORD=1"
    assert in_a_shell(f"{asked} {typed.split()[0]}").split() == [offered]
