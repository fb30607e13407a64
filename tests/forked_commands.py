"""``nn-bridge`` in processes forked from one that has imported everything: each begins at once."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from unittest import mock

from live_progress import beside_progress
from marked_processes import check_nobody_is_left, cpu_seconds, cpu_seconds_of

from nn_bridge.cli import main
from nn_bridge.results import storing

_FORKED = multiprocessing.get_context("forkserver")
_IMPORTED = [
    "nn_bridge.cli.commands",
    "nn_bridge.measurements.cross_check",
    "nn_bridge.measurements.resuming",
    "nn_bridge.paper.making",
    "nn_bridge.runs.at_checkpoints",
    "nn_bridge.runs.from_scratch",
    "nn_bridge.runs.measuring",
    "landscape_sim.plots.style",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "pandas",
    "scipy.stats",
    "xarray",
]
_MARK = "FORKED_COMMAND"


@dataclass
class ForkedCommands:
    """Commands of ``nn-bridge``, run one after another in a folder.

    Attributes
    ----------
    here : Path
    looks : shared int
        Epochs or looks that commands have done since it was set.
    keeps_every_look : bool
        Whatever that costs.
    """

    here: Path
    keeps_every_look: bool = False
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    looks: object = field(default_factory=lambda: RawValue("l"))

    def __post_init__(self) -> None:
        _FORKED.set_forkserver_preload(_IMPORTED)

    def to_the_end(self, *words: str) -> float:
        """Return the seconds of CPU that a command takes."""
        code, spent = self._run(words, math.inf)
        assert code == 0, self.said()
        return spent

    def killed_after(self, seconds: float, *words: str) -> bool:
        """Kill a command when it and its workers have spent so many seconds; return if it ran."""
        code, _ = self._run(words, seconds)
        assert code in (0, -signal.SIGKILL), self.said()
        return code != 0

    def refusal(self, *words: str) -> str:
        """Return the line in which a command is refused."""
        code, _ = self._run(words, math.inf)
        (line,) = self.said().splitlines()
        assert code == 2, line
        return line

    def said(self) -> str:
        """Return what the last command said on stderr, but for its progress."""
        return beside_progress((self.here / "stderr").read_text(encoding="utf-8"))

    def _run(self, words: tuple[str, ...], until: float) -> tuple[int | None, float]:
        least = 0.0 if self.keeps_every_look else storing._LEAST_TIMES_COST
        process = _FORKED.Process(
            target=_command, args=(self.here, words, self.mark, self.looks, least)
        )
        process.start()
        assert process.pid is not None
        spent = 0.0
        while process.is_alive() and spent < until:
            time.sleep(0.02)
            spent = max(spent, cpu_seconds(process.pid))
            if "--workers" in words:
                spent = max(spent, cpu_seconds(process.pid) + cpu_seconds_of(self.mark))
        if spent >= until:
            process.kill()
        process.join()
        check_nobody_is_left(self.mark)
        return process.exitcode, spent


def _command(
    here: Path, words: tuple[str, ...], mark: str, looks: RawValue, least_times_cost: float
) -> None:
    """Be the command, which counts its looks."""
    os.chdir(here)
    os.environ[_MARK] = mark
    keep = storing.Keeper.keep_in_passing

    def counted(self, partial, state):
        looks.value += 1
        keep(self, partial, state)

    with (
        Path(os.devnull).open("w") as nowhere,
        Path("stderr").open("w", encoding="utf-8") as complaints,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(complaints),
        mock.patch.object(storing, "_LEAST_TIMES_COST", least_times_cost),
        mock.patch.object(storing.Keeper, "keep_in_passing", counted),
        mock.patch("sys.argv", ["nn-bridge", *words]),
    ):
        code = main()
    sys.exit(code)
