"""SIGKILL at random moments of every command: gone on with, to the same bits."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from forked_commands import ForkedCommands
from small_mnist import write_small_mnist

from nn_bridge.results.provenance import is_whole
from nn_bridge.results.run_state import read_state

pytestmark = pytest.mark.slow

#: Of each command.
N_KILLS = int(os.environ.get("LANDSCAPE_SIM_KILLS", "2"))
#: Of one folder, before it is gone on with to its end.
MOST_KILLS = 3
DATA = ("mnist-parity", "--allow-unofficial", "--samples", "200", "--batch-size", "10",
        "--network", "mlp", "--hidden", "4")  # fmt: skip
FIRST, SECOND = (f"trained/runs/seed-{i}/checkpoints/epoch-00020.safetensors" for i in (0, 1))
EARLIER = FIRST.replace("20.safetensors", "10.safetensors")
CURVATURE = ("--eigenvalues", "4", "--steps", "8")
ESCAPE = ("--learning-rate", "0.002", "--batch-size", "1", "--replicas", "4", "--max-steps", "16",
          "--thresholds", "1.02,1.1", "--eigenvalues", "2", "--directions", "2")  # fmt: skip
STABILITY = ("--levels", "10", "--last", "0.01")
PAPER = ("--quick", "--allow-unofficial", "--runs", "2")


def epochs_measured(folder: Path) -> int:
    state = read_state(folder)
    return 0 if state is None else len(state.numbers["series"]["epochs"])


def looks_made(folder: Path) -> int:
    state = read_state(folder)
    return 0 if state is None else len(state.tensors["ratios"])


@dataclass(frozen=True)
class Command:
    """What is run.

    ``crew`` are options of workers, ``kept`` counts the looks in the state of a folder; what cannot
    be gone on with is run anew.
    """

    words: tuple[str, ...]
    crew: tuple[str, ...] = ()
    can_resume: bool = True
    kept: Callable[[Path], int] | None = None


COMMANDS = {
    "train": Command(("train", *DATA, "--epochs", "200", "--checkpoints", "0,100")),
    "train, runs": Command(("train", *DATA, "--epochs", "20", "--runs", "2")),
    "noise": Command(("noise", *DATA, "--epochs", "15"), kept=epochs_measured),
    "noise, runs": Command(("noise", *DATA, "--epochs", "10", "--runs", "2")),
    "noise, runs, 2 workers": Command(
        ("noise", *DATA, "--epochs", "10", "--runs", "2"), ("--workers", "2")
    ),
    "decoupling": Command(("decoupling", EARLIER, FIRST)),
    "decoupling, runs, 1 worker": Command(("decoupling", FIRST, SECOND), ("--workers", "1")),
    "curvature": Command(("curvature", FIRST, *CURVATURE), can_resume=False),
    "curvature, runs": Command(("curvature", FIRST, SECOND, *CURVATURE)),
    "stability": Command(("stability", FIRST, *STABILITY), can_resume=False),
    "stability, runs": Command(("stability", FIRST, SECOND, *STABILITY)),
    "escape": Command(("escape", FIRST, *ESCAPE), kept=looks_made),
    "escape, incremental, runs": Command(
        ("escape", FIRST, SECOND, *ESCAPE, "--evaluation", "incremental")
    ),
    "crosscheck": Command(
        ("crosscheck", "escaped", "--curvatures", "2", "--relative-error", "0.3"), can_resume=False
    ),
    "paper": Command(
        ("paper", "3c", *PAPER, "--iterations", "20", "--replicas", "4", "--max-time", "0.2")
    ),
    "paper, 1 worker": Command(
        ("paper", "4", *PAPER, "--iterations", "12", "--samples", "200", "--levels", "4"),
        ("--workers", "1"),
    ),
}


@pytest.fixture(scope="module")
def commands(tmp_path_factory) -> ForkedCommands:
    """Return commands in a folder with data, two runs of training and an escape of a network."""
    folder = tmp_path_factory.mktemp("killed-commands")
    write_small_mnist(folder / "data", 1000)
    with pytest.MonkeyPatch.context() as monkeypatch:
        # Before the process that is forked begins.
        monkeypatch.setenv("NN_BRIDGE_DATA", str(folder / "data"))
        made = ForkedCommands(folder)
        made.to_the_end("train", *DATA, "--epochs", "20", "--checkpoints", "10", "--runs", "2",
                        "--out", "trained")  # fmt: skip
        made.to_the_end("escape", FIRST, *ESCAPE, "--out", "escaped")
        yield made


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that a folder holds; of answers, of reports and of records their names alone."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    named = ("run.json", "report.html", "timings.csv")
    return {
        name: b"" if "cases/" in name or name.endswith(named) else path.read_bytes()
        for name, path in files.items()
    }


def fill(commands: ForkedCommands, command: Command, out: Path, moment: Callable[[], float]) -> int:
    """Fill a folder, killed some times; return how often."""
    anew = (*command.words, "--out", out.name, *command.crew)
    words, kept = anew, 0
    for number in range(MOST_KILLS):
        commands.looks.value = kept
        if not commands.killed_after(moment(), *words):
            return number
        if not (out / "run.json").exists():
            words = anew
            continue
        if is_whole(out):
            return number + 1
        if command.kept is not None:
            kept = command.kept(out)
            assert commands.looks.value - kept <= 1
        words = going_on(commands, command, out)
    commands.to_the_end(*words)
    return MOST_KILLS


def going_on(commands: ForkedCommands, command: Command, out: Path) -> tuple[str, ...]:
    """Return how a killed command is gone on with; anew where it says that it cannot be."""
    if command.can_resume:
        return (command.words[0], "--resume", out.name, *command.crew)
    if command.words[0] != "crosscheck":
        assert "is of one run" in commands.refusal(command.words[0], "--resume", out.name)
    shutil.rmtree(out)
    return (*command.words, "--out", out.name, *command.crew)


@pytest.mark.parametrize("name", COMMANDS)
def test_kills_at_random_moments_lose_a_look_at_most_and_no_bit(name, commands):
    command, generator = COMMANDS[name], random.Random(name)
    commands.keeps_every_look = command.kept is not None
    if command.crew:
        pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    whole = commands.here / f"whole {name}"
    commands.to_the_end(*command.words, "--out", f"first {name}")  # kernels are compiled
    seconds = commands.to_the_end(*command.words, "--out", whole.name, *command.crew)
    expected = contents(whole)
    assert contents(commands.here / f"first {name}") == expected
    n_kills, folders = 0, 0
    while n_kills < N_KILLS:
        out, folders = commands.here / f"killed {folders} of {name}", folders + 1
        n_kills += fill(commands, command, out, lambda: generator.uniform(0.0, seconds))
        assert contents(out) == expected
    sys.stdout.write(f"\n{name}: {seconds:.1f} s of CPU, {n_kills} kills, {folders} folders\n")
