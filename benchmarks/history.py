"""Write ``docs/history.md``: the speed of the kernels over the last commits, as ratios of one run.

``python -m benchmarks.history`` takes a minute or two. Every commit is unpacked into a folder of
its own and runs in a process of its own; rounds go from one to the next. Path-steps are counted per
second of CPU, so that other work on the machine changes little. Other commits than the last eight
that touched a kernel may be named behind it; all are compared with the first.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.pages import DOCS, markdown, write_page
from benchmarks.rounds import instruction_set

_ROUNDS, _COMMITS = 15, 8
_CHECKOUT = Path(__file__).resolve().parent.parent
_KERNELS = tuple(
    f"landscape_sim/{room}" for room in ("kernels", "random_numbers", "dynamics", "jit")
)
#: What a process runs in each round, with the code of its own commit.
_PROGRAM = """
import json, sys, time
import landscape_sim as ls
from benchmarks.work import WELLS, Escape
floor = WELLS[1].floor
runs = {
    f"{n}-D {scheme.__name__}": lambda n=n, scheme=scheme, step=step: Escape(n).simulate(
        300, scheme, time_step=step
    )
    for n in WELLS
    for scheme, step in ((ls.EulerMaruyama, 0.01), (ls.LeimkuhlerMatthews, 0.01 * floor))
}
for run in runs.values():
    run()
for line in sys.stdin:
    speeds = {}
    for name, run in runs.items():
        began = time.process_time()
        speeds[name] = run() / (time.process_time() - began)
    print(json.dumps(speeds), flush=True)
"""
Speeds = list[dict[str, float]]


def last_commits() -> list[str]:
    """Return the commits that touched a kernel last, the oldest first."""
    found = _git("log", "--no-merges", "--format=%h", f"-{_COMMITS}", "--", *_KERNELS)
    return found.decode().split()[::-1]


def date_of(commit: str) -> str:
    """Return the day of a commit."""
    return _git("show", "-s", "--format=%as", commit).decode().strip()


def measured(commits: Sequence[str], rounds: int = _ROUNDS) -> dict[str, Speeds]:
    """Return path-steps per second of CPU, by commit, round and kernel."""
    with ExitStack() as stack:
        processes = {}
        for commit in commits:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            subprocess.run(["tar", "-x"], input=_git("archive", commit), cwd=place, check=True)
            own = {"PYTHONPATH": str(place), "NUMBA_CACHE_DIR": str(place / "cache")}
            processes[commit] = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM],
                    cwd=place,
                    env={**os.environ, **own},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        speeds: dict[str, Speeds] = {commit: [] for commit in commits}
        for number in range(rounds):
            sys.stderr.write(f"round {number + 1} of {rounds}\n")
            for commit, process in processes.items():
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write("\n")
                process.stdin.flush()
                speeds[commit].append(json.loads(process.stdout.readline()))
    return speeds


def relative(speeds: Mapping[str, Speeds]) -> dict[str, dict[str, float]]:
    """Return medians of each kernel's speed over that of the first commit, by commit."""
    first = next(iter(speeds.values()))
    return {
        commit: {
            kernel: statistics.median(
                a[kernel] / b[kernel] for a, b in zip(own, first, strict=True)
            )
            for kernel in first[0]
        }
        for commit, own in speeds.items()
    }


def draw(ratios: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw a line for each kernel over the commits."""
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    for kernel, marker in zip(next(iter(ratios.values())), "osD^", strict=True):
        axes.plot(
            range(len(ratios)), [of[kernel] for of in ratios.values()], marker, ls="-", label=kernel
        )
    axes.set_xticks(range(len(ratios)), list(ratios), rotation=30, ha="right")
    axes.set(ylabel="path-steps per second of CPU,\nrelative to the first", ylim=(0.0, None))
    axes.axhline(1.0, color="0.3", lw=0.8)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=160)


def main(commits: Sequence[str]) -> None:
    """Measure, and write the page and its figure."""
    named = [_git("rev-parse", "--short", one).decode().strip() for one in commits]
    ratios = relative(measured(named))
    draw(ratios, DOCS / "figures" / "history.png")
    kernels = list(next(iter(ratios.values())))
    rows = [
        (f"`{commit}`", date_of(commit), *(f"{of[kernel]:.2f}" for kernel in kernels))
        for commit, of in ratios.items()
    ]
    table = markdown(["commit", "date", *kernels], rows)
    sections = {"history": f"Compiled to {instruction_set()}:\n\n{table}"}
    sys.stdout.write(write_page("history.md", "history.md", sections))


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments], cwd=_CHECKOUT, stdout=subprocess.PIPE, check=True
    ).stdout


if __name__ == "__main__":
    main(sys.argv[1:] or last_commits())
