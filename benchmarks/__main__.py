"""Measure everything in one run and write ``docs/benchmarks.md`` with its figure.

``python -m benchmarks`` takes some ten minutes. The tables hold ratios of medians
of interleaved rounds; absolute numbers would be the machine's.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from benchmarks.accuracy import accuracy_tables
from benchmarks.cold_start import cold_start_table
from benchmarks.engines import ENGINES, Run, Unavailable
from benchmarks.formulas import formulas_table
from benchmarks.grids import grids_table
from benchmarks.limit import costs_of_dimensions, speeds_by_instruction_set
from benchmarks.networks import networks_table
from benchmarks.pages import DOCS, markdown, write_page
from benchmarks.price import price_table
from benchmarks.rare_events import splitting_tables
from benchmarks.rounds import instruction_set, interleaved, ratio
from benchmarks.work import WELLS, Escape

_PATH_STEPS = 2**29


def threads_and_paths() -> str:
    """Return how speed depends on threads and on the number of paths, at equal path-steps."""
    escape, time_step = Escape(1), 1e-6  # nothing escapes: every path makes the same steps

    def paths(n_paths: int) -> Run:
        max_time = _PATH_STEPS / n_paths * time_step
        return lambda: escape.simulate(n_paths, time_step=time_step, max_time=max_time)

    runs = {f"{n} paths": paths(n) for n in (128, 2**14, 2**20)}
    for n in WELLS:
        for threads in (1, 2):
            runs[f"{n}-D, {threads} threads"] = lambda n=n, t=threads: Escape(n).simulate(
                4000, n_threads=t
            )
    speeds = interleaved(runs)
    rows = [
        *(
            (f"two threads over one, {n}-D", f"{n}-D, 2 threads", f"{n}-D, 1 threads")
            for n in WELLS
        ),
        (f"128 paths over {2**14}, {_PATH_STEPS:.0e} path-steps", "128 paths", f"{2**14} paths"),
        (f"{2**20} paths over {2**14}", f"{2**20} paths", f"{2**14} paths"),
    ]
    return markdown(
        ["speed of", "ratio"], [(text, f"{ratio(speeds, a, b):.2f}") for text, a, b in rows]
    )


def engines() -> tuple[str, dict[int, dict[str, float]]]:
    """Return the table of engines, and speeds relative to this package by dimension."""
    one_core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {one_core})
    relative: dict[int, dict[str, float]] = {}
    missing: dict[str, str] = {}
    for n in WELLS:
        runs: dict[str, Run] = {}
        for name, make in ENGINES.items():
            try:
                runs[name] = make(Escape(n))
            except Unavailable as reason:
                missing[name] = str(reason)
        speeds = interleaved(runs)
        relative[n] = {name: ratio(speeds, name, "landscape_sim") for name in runs}
    rows = [
        (
            name,
            *(f"{relative[n][name]:.3g}" for n in WELLS),
            *(f"{1 / relative[n][name]:.3g}" for n in WELLS),
        )
        for name in relative[1]
    ]
    rows += [(f"{name} (skipped: {reason})", "", "", "", "") for name, reason in missing.items()]
    columns = ["engine, one core", "speed, 1-D", "4-D", "landscape_sim is faster by, 1-D", "4-D"]
    return f"Compiled to {instruction_set()}:\n\n{markdown(columns, rows)}", relative


def pytest_benchmarks() -> list[dict[str, Any]]:
    """Run the pytest-benchmark suite beside this file; return its records."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmarks.json"
        code = pytest.main(
            [str(Path(__file__).parent), "-q", "-n", "0", f"--benchmark-json={path}"]
        )
        if code != 0:
            sys.exit(f"pytest stopped with code {int(code)}")
        return list(json.loads(path.read_text())["benchmarks"])


def own_tables(records: list[dict[str, Any]]) -> str:
    """Return the tables of kernels, compilation and the exact solution."""
    cost = {
        r["name"]: r["stats"]["median"] / r["extra_info"]["path_steps"]
        for r in records
        if "path_steps" in r["extra_info"]
    }
    base = cost["test_first_passage[1-EulerMaruyama]"]
    kernels = [(name.removeprefix("test_"), f"{base / c:.2f}") for name, c in cost.items()]
    compilation = [
        (
            r["name"][-2] + "-D",
            *(f"{r['extra_info'][k]:.3f}" for k in ("cold_seconds", "cached_seconds")),
        )
        for r in records
        if "cold_seconds" in r["extra_info"]
    ]
    exact = [
        (r["name"].removeprefix("test_"), f"{1e3 * r['stats']['median']:.1f}")
        for r in records
        if "exact" in r["name"]
    ]
    return "\n".join(
        [
            "Speed of the kernels over Euler–Maruyama in one dimension, one thread:\n",
            markdown(["kernel", "relative speed"], kernels),
            "A new landscape–dynamics pair, seconds to its first answer:\n",
            markdown(["dimension", "cold", "from cache"], compilation),
            "The exact solution:\n",
            markdown(["quadrature at T", "milliseconds"], exact),
        ]
    )


def draw(relative: dict[int, dict[str, float]], path: Path) -> None:
    """Draw the speeds of all engines relative to this package."""
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    names = list(relative[1])
    for offset, (n, speeds) in zip((-0.2, 0.2), relative.items(), strict=True):
        axes.barh(
            [i + offset for i in range(len(names))],
            [speeds[name] for name in names],
            height=0.38,
            label=f"{n}-D",
        )
    axes.set(xscale="log", xlabel="path-steps per second, relative to landscape_sim, one core")
    axes.set_yticks(range(len(names)), [name.split(",")[0] for name in names])
    axes.invert_yaxis()
    axes.axvline(1.0, color="0.3", lw=0.8)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=160)


def main() -> None:
    """Run everything and write the page and the figure."""
    sections = {
        "own": own_tables(pytest_benchmarks()),
        "scaling": threads_and_paths(),
        "splitting": splitting_tables(),
        "price": price_table(),
        "schemes": accuracy_tables(markdown),
        "networks": networks_table(),
        "cold start": cold_start_table(),
    }
    # The rest on one core: this process is kept to it from here on.
    sections["engines"], relative = engines()
    (DOCS / "figures").mkdir(parents=True, exist_ok=True)
    draw(relative, DOCS / "figures" / "benchmarks.png")
    sections |= {
        "limit": f"{speeds_by_instruction_set()}\n{costs_of_dimensions()}",
        "formulas": formulas_table(),
        "grids": grids_table(),
    }
    sys.stdout.write(write_page("page.md", "benchmarks.md", sections))


if __name__ == "__main__":
    main()
