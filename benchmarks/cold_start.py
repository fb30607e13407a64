"""From an empty cache to an answer: seconds, and how much longer another checkout takes.

``python -m benchmarks.cold_start`` takes a minute on an idle machine. With the folder of another
checkout behind it, of the commit before say, every round runs both, one after the other.
"""

from __future__ import annotations

import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.pages import markdown
from benchmarks.rounds import instruction_set

_ROUNDS, _LOOKS_A_SECOND = 3, 50
_CHECKOUT = Path(__file__).resolve().parent.parent
#: A formula that nobody has asked for before.
_RATE = ("rate", "--loss", "0.25 + (x**2 - 1)**2 + 0.1*x", "--variables", "x")
COMMANDS: dict[str, tuple[str, ...]] = {
    "a formula's rate, no simulation": (*_RATE, "--temperature", "0.4"),
    "a new formula's simulate": (*_RATE, "--temperature", "0.4", "--method", "simulate"),
    "a new formula's splitting": (*_RATE, "--temperature", "0.2", "--method", "splitting"),
    "the whole of compare": ("compare",),
}
FIRST_ROW, AGAIN = "the first row of compare", "compare once more, nothing to compile"
#: Most seconds on an idle machine with two cores.
TARGETS = {
    "a new formula's simulate": 4.0,
    "a new formula's splitting": 6.0,
    FIRST_ROW: 6.0,
    "the whole of compare": 15.0,
}
Seconds = dict[str, list[float]]


def measured(checkout: Path) -> dict[str, tuple[float, float]]:
    """Return seconds on the clock and of the processors for every command, once."""
    found = {}
    for name, command in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            first_row, *found[name] = _run(checkout, command, Path(folder))
            if command[0] == "compare":
                found[FIRST_ROW] = first_row, math.nan
                _, *found[AGAIN] = _run(checkout, command, Path(folder))
    return {name: (wall, processor) for name, (wall, processor) in found.items()}


def _run(checkout: Path, command: tuple[str, ...], place: Path) -> tuple[float, float, float]:
    """Run a command with its cache in ``place``.

    Returns
    -------
    tuple of float
        When its first row was known, NaN if it has no rows; seconds; those of the processors.
    """
    out = Path(tempfile.mkdtemp(dir=place)) / "out"
    options = ("--out", str(out)) if command[0] == "compare" else ()
    variables = {"PYTHONPATH": str(checkout), "NUMBA_CACHE_DIR": str(place / "cache")}
    program = "from landscape_sim.cli import main; raise SystemExit(main())"
    before, began = _processor_seconds(), time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", program, *command, *options],
        cwd=place,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        # The exact answer of the first case, and the simulated one.
        first_row = _seconds_until(lambda: len(list(out.glob("cases/*.json"))) > 1, process, began)
        if process.wait() != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return first_row, time.perf_counter() - began, _processor_seconds() - before


def _seconds_until(
    has_come: Callable[[], bool], process: subprocess.Popen[bytes], began: float
) -> float:
    while process.poll() is None:
        if has_come():
            return time.perf_counter() - began
        time.sleep(1.0 / _LOOKS_A_SECOND)
    return math.nan


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cold_start_table(other: Path | None = None) -> str:
    """Return the medians over rounds, beside the target, and the other checkout's ratio."""
    checkouts = {"own": _CHECKOUT, **({"other": other} if other is not None else {})}
    rounds = [
        {name: measured(checkout) for name, checkout in checkouts.items()} for _ in range(_ROUNDS)
    ]
    rows = []
    for name in (*list(COMMANDS)[:-1], FIRST_ROW, *list(COMMANDS)[-1:], AGAIN):
        wall, processor = (statistics.median(r["own"][name][i] for r in rounds) for i in (0, 1))
        row = [name, f"{wall:.1f}", f"{processor:.1f}", *_beside_target(name, wall)]
        if other is not None:
            pairs = [(r["other"][name], r["own"][name]) for r in rounds]
            row += [f"{statistics.median(a[i] / b[i] for a, b in pairs):.2f}" for i in (0, 1)]
        rows.append([text.replace("nan", "") for text in row])
    columns = ["from an empty cache", "seconds", "of the processors", "target", "of it", ""]
    columns += [] if other is None else ["other checkout, times", "of the processors"]
    return f"Compiled to {instruction_set()}:\n\n{markdown(columns, rows)}"


def _beside_target(name: str, seconds: float) -> tuple[str, str, str]:
    target = TARGETS.get(name)
    if target is None:
        return "", "", ""
    return f"{target:g}", f"{seconds / target:.2f}", "met" if seconds <= target else "not met"


if __name__ == "__main__":
    sys.stdout.write(cold_start_table(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None))
