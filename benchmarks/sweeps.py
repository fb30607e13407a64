"""What a case of a large sweep costs beside its answers.

``python -m benchmarks.sweeps [N]`` runs sweeps of about N cheap cases (10,000 by default; some
minutes of one core) in a temporary folder and prints CPU milliseconds a case and stage, peak
memory, file sizes, and how long the results take to open lazily. What the stages cost beyond wells,
passes, laws and exact solutions is bookkeeping.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import xarray as xr

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes.case import Case, planned_cases
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.stored_study import read_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.result_files import write_study

Result = TypeVar("Result")


def sweeps(n_cases: int) -> list[Study]:
    """Return a sweep over settings and loss ratios, and one over parameters of a formula."""
    side = max(2, round(n_cases**0.5))
    return [
        Study(
            name="settings",
            landscapes=[{"landscape": "quartic", "barrier": 0.25}],
            temperatures={"log": [0.02, 0.2, side]},
            loss_ratios={"log": [1.5, 4.0, side]},
            methods=["formula", "exact"],
        ),
        Study(
            name="parameters",
            landscapes=[
                {
                    "landscape": "double well",
                    "formula": "a + b*(x**2 - 1)**2",
                    "variables": "x",
                    "parameters": {"a": {"log": [0.1, 1, side]}, "b": {"log": [0.5, 2, side]}},
                }
            ],
            temperatures=[0.1],
            methods=["formula"],
        ),
    ]


def measure(study: Study) -> None:
    """Run a sweep and print what it cost."""
    say(f"{study.name}: {study.n_cases:,} cases, methods {', '.join(study.methods)}")

    def timed(stage: str, work: Callable[[], Result]) -> Result:
        began = time.process_time()
        result = work()
        cost = 1e3 * (time.process_time() - began) / study.n_cases
        say(f"  {stage:<36}{cost:8.3f} ms a case, peak {peak_memory():6.0f} MiB")
        return result

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        cases, _ = timed("planned: wells, passes, laws", lambda: planned_cases(study))
        if "exact" in study.methods:
            timed("exact solutions alone", partial(solve, cases))
        result = timed("planned, solved, stored", lambda: run_study(study, store=CaseStore(folder)))
        write_study(study, folder, is_complete=True)
        timed("planned, found in the store", lambda: read_study(folder))
        timed("rows, with the formula's caveats", result.rows)
        timed("tables and dataset written", lambda: result.write_numbers(folder))
        timed("figures drawn and written", lambda: result.write_figures(folder))
        report_files(folder)


def solve(cases: Sequence[Case]) -> None:
    """Solve every case exactly, and forget the solutions."""
    for case in cases:
        case.escape.exact()


def memory_of_paths() -> None:
    """Print the peak memory of a hundred cases, each with few or many paths."""
    for n_paths in (1_000, 20_000):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            peak = pool.submit(simulate, n_paths).result()
        say(f"100 cases of {n_paths:,} paths: peak {peak:.0f} MiB")


def simulate(n_paths: int) -> float:
    """Simulate a hundred fast escapes, and return the peak memory of this process."""
    study = Study(
        name="paths",
        landscapes=[{"landscape": "quartic", "barrier": 0.25}],
        temperatures={"log": [0.4, 0.5, 10]},
        loss_ratios={"log": [1.3, 1.5, 10]},
        methods=["formula", "simulate"],
        n_paths=n_paths,
    )
    with tempfile.TemporaryDirectory() as place:
        run_study(study, store=CaseStore(place)).write_numbers(Path(place))
    return peak_memory()


def report_files(folder: Path) -> None:
    """Print file sizes, and how long the dataset takes to open lazily."""
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
    cases = list(folder.glob("cases/*"))
    sizes[f"cases ({len(cases)} files)"] = sum(path.stat().st_size for path in cases)
    for name, size in sizes.items():
        say(f"  {name:<36}{size / 1e6:10.2f} MB")
    began, busy = time.perf_counter(), time.process_time()
    with xr.open_dataset(folder / "results.nc") as dataset:
        n_variables = len(dataset.variables)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    say(f"  opened lazily, {n_variables} variables: {seconds:.3f} s, {busy:.3f} s of CPU")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def peak_memory() -> float:
    """Return the most memory that this process has had, in MiB."""
    # That of getrusage is at least its parent's.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    for sweep in sweeps(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000):
        measure(sweep)
    memory_of_paths()
