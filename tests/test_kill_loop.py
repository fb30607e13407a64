"""Signals at random moments over every command: nothing half written, nobody left behind."""

from __future__ import annotations

import csv
import itertools
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from marked_processes import check_nobody_is_left, cpu_seconds
from matplotlib.image import imread
from safetensors.torch import load_file
from small_mnist import write_small_mnist

from landscape_sim.result_files import read_dataset

pytestmark = pytest.mark.slow

#: With an empty cache of machine code, or what the one before has left in it; then with a full one.
COLD = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
WARM = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL)
ESCAPE = ("--loss", "0.25+(x**2-1)**2", "--variables", "x", "--batch-size", "1")
STUDY = """
name = "small"
learning_rates = [0.1]
batch_sizes = [1]
loss_ratios = [1.5, 2.5]
methods = ["formula", "exact", "simulate"]
n_paths = 200

[[landscapes]]
landscape = "quartic"
barrier = 0.25

[[landscapes]]
landscape = "tilted"
barrier = 0.25
tilt = 0.2
"""
MNIST = ("mnist-parity", "--allow-unofficial", "--samples", "60", "--batch-size", "10")
CHECKPOINT = "trained/checkpoints/epoch-00030.safetensors"
#: What is run in a folder with a study, data, a training run and an escape of a network.
COMMANDS = {
    "landscape-sim compare": ("--study", "study.toml"),
    "landscape-sim rate --method simulate": (*ESCAPE, "--learning-rate", "0.05"),
    "landscape-sim rate --method splitting": (*ESCAPE, "--learning-rate", "0.02"),
    "landscape-sim picture": (
        *("--loss", "0.25+(x**2-1)**2+y**2", "--variables", "x,y", "--batch-size", "1"),
        *("--learning-rate", "0.2", "--paths", "4"),
    ),
    "landscape-sim landscapes": (),
    "landscape-sim stationary": (
        *("--learning-rate", "0.5", "--batch-size", "6,8", "--dimensions", "2"),
        *("--transition-dimensions", "2,6", "--paths", "60", "--samples", "40"),
    ),
    "landscape-sim regression stationary": (
        *("--learning-rates", "0.3,0.2", "--batch-sizes", "4", "--data-samples", "300"),
        *("--runs", "10"),
    ),
    "landscape-sim regression first-passage": (
        *("--dimensions", "1", "--loss-ratios", "1.6,2.0", "--max-time", "200"),
        *("--data-samples", "300", "--runs", "20"),
    ),
    "landscape-sim regression chain": (
        *("--learning-rates", "1.0", "--data-samples", "300", "--runs", "50"),
    ),
    "nn-bridge train": (*MNIST, "--epochs", "300", "--checkpoints", "0,100"),
    "nn-bridge noise": (*MNIST, "--epochs", "60", "--alignment-samples", "20"),
    "nn-bridge decoupling": ("trained/checkpoints/epoch-00000.safetensors", CHECKPOINT),
    "nn-bridge curvature": (CHECKPOINT, "--eigenvalues", "4", "--probes", "4", "--steps", "8"),
    "nn-bridge escape": (
        *(CHECKPOINT, "--learning-rate", "0.002", "--batch-size", "1", "--replicas", "4"),
        *("--max-steps", "200", "--thresholds", "1.02,1.1", "--eigenvalues", "2"),
    ),
    "nn-bridge crosscheck": ("escaped", "--curvatures", "2", "--relative-error", "0.3"),
}
#: How those begin that have no folder of results.
PRINTED = ("landscape-sim rate", "landscape-sim landscapes")
#: Wall times differ from run to run.
_TIMED = {"timings.csv"}


@pytest.fixture(scope="module")
def here(nn_bridge_cli, tmp_path_factory) -> Path:
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("kill-loop")
    (folder / "study.toml").write_text(STUDY)
    write_small_mnist(folder / "data", 60)
    data = ("--data-dir", str(folder / "data"), "--out")
    trained, escaped = folder / "trained", folder / "escaped"
    made = [
        nn_bridge_cli("train", *MNIST, "--epochs", "30", "--checkpoints", "0", *data, str(trained)),
        nn_bridge_cli(
            "escape", str(folder / CHECKPOINT), *COMMANDS["nn-bridge escape"][1:], *data,
            str(escaped),
        ),
    ]  # fmt: skip
    assert [one.returncode for one in made] == [0, 0], made
    return folder


@dataclass
class Loop:
    """One command, run again and again."""

    script: list[str]
    arguments: tuple[str, ...]
    here: Path
    has_folder: bool
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def started(self, cache: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
        """Start it with a cache of machine code; yield the process and its folder."""
        out = self.here / f"out-{self.mark}-{next(self.numbers)}"
        process = subprocess.Popen(
            [*self.script, *self.arguments, *(("--out", str(out)) if self.has_folder else ())],
            cwd=self.here,
            env={
                **os.environ,
                "NUMBA_CACHE_DIR": str(cache),
                "NN_BRIDGE_DATA": str(self.here / "data"),
                "KILL_LOOP": self.mark,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell lets what it starts in the background ignore SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        with process:
            try:
                yield process, out
            finally:
                process.kill()

    def to_the_end(self, cache: Path) -> tuple[float, object]:
        """Return what it takes without a signal, in seconds of CPU, and its tables or output."""
        before = spent_by_children()
        with self.started(cache) as (process, out):
            said, complained = process.communicate(timeout=600)
        assert process.returncode == 0, complained
        found = tables(out) if self.has_folder else said
        return spent_by_children() - before, found

    def stopped_after(self, seconds: float, number: int, cache: Path) -> tuple[str, Path]:
        """Signal it after some seconds of CPU; return how it ended, and its folder."""
        with self.started(cache) as (process, out):
            while process.poll() is None and cpu_seconds(process.pid) < seconds:
                time.sleep(0.002)
            process.send_signal(number)
            _, complained = process.communicate(timeout=120)
        return ending(process.returncode, number, complained, out), out


def spent_by_children() -> float:
    """Return the seconds of CPU of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ending(code: int, number: int, complained: str, out: Path) -> str:
    """Return in a word how a signalled command ended; fail where it did so badly."""
    if code == 0:
        return "had ended"
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL, complained
        return "killed"
    # Before the command line was there to hear it; Python itself may still have been without site.
    is_early = code == -number or (code == 1 and "init_import_site" in complained)
    if is_early and "/cli/commands.py" not in complained:
        return "while Python started"
    assert code == 128 + number, (code, complained)
    (line,) = (one for one in complained.splitlines() if not one.startswith("["))
    expected = (
        r"[a-z-]+: interrupted; (nothing was kept|what was finished (is in .*|before is kept))"
    )
    assert re.fullmatch(expected, line), complained
    assert out.exists() or "is in" not in line, line
    assert not out.exists() or "nothing" not in line, line
    return "interrupted"


def tables(out: Path) -> dict[str, str]:
    """Return the tables of a folder, but for wall times."""
    return {path.name: path.read_text() for path in out.glob("*.csv") if path.name not in _TIMED}


READERS = {
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".npz": lambda path: dict(np.load(path)),
    ".nc": lambda path: read_dataset(path.parent),
    ".png": imread,
    ".svg": ElementTree.parse,
    ".html": lambda path: path.read_text(encoding="utf-8").rstrip().endswith("</html>") or 1 / 0,
    ".safetensors": load_file,
}


def check_files(out: Path) -> None:
    """Read every file that is there, to its end."""
    for path in filter(Path.is_file, out.rglob("*")):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8") as file:
                header, *rows = csv.reader(file)
            assert rows, path
            assert {len(row) for row in rows} == {len(header)}, path
            assert path.read_bytes().endswith(b"\n"), path
        else:
            READERS[path.suffix](path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_at_any_moment(
    command, here, landscape_sim_cli, nn_bridge_cli, tmp_path_factory, tmp_path
):
    program, *words = command.split()
    script = {"landscape-sim": landscape_sim_cli, "nn-bridge": nn_bridge_cli}[program]
    arguments = (*words, *COMMANDS[command])
    loop = Loop(script.command, arguments, here, not command.startswith(PRINTED))
    generator = random.Random(command)
    warm = tmp_path_factory.getbasetemp() / "warm"
    longest, _ = loop.to_the_end(warm)
    seconds, expected = loop.to_the_end(warm)
    endings: Counter[str] = Counter()
    faults: list[str] = []
    turns = [(number, tmp_path / "cold", longest) for number in COLD]
    turns += [(number, warm, seconds) for number in WARM]
    for number, cache, most in turns:
        moment = generator.uniform(0.0, most)
        name = f"{signal.Signals(number).name} {cache.name}"
        try:
            how, out = loop.stopped_after(moment, number, cache)
            endings[f"{name}: {how}"] += 1
            check_files(out)
            check_nobody_is_left(loop.mark)
        except (AssertionError, subprocess.TimeoutExpired) as fault:
            faults.append(f"{name} after {moment:.2f} s of CPU: {fault}")
    for cache in (tmp_path / "cold", warm):
        assert loop.to_the_end(cache)[1] == expected
    times = f"{longest:.1f} s of CPU, then {seconds:.1f} s"
    sys.stdout.write(f"\n{command} ({times}): {dict(endings)}\n")
    assert not faults, "\n\n".join(faults)
