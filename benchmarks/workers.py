"""Write ``docs/workers.md``: how the time of a study falls with workers, 1 to 64 of them.

``python -m benchmarks.workers`` takes some minutes. It measures what every case of a study costs,
what a worker needs to start, and what the command itself does for each case; a simulated clock
then hands the cases out. All are seconds of CPU, so that other work on the machine changes little.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from matplotlib.figure import Figure

import landscape_sim as ls
from benchmarks.pages import DOCS, markdown, write_page
from landscape_sim.comparison.escapes.answers import run_case
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.expected_work import expected_path_steps

WORKERS = (1, 2, 4, 8, 16, 32, 64)
ORDERS = ("longest expected first", "as they come", "shortest expected first")
STUDY = {
    "name": "sweep",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.1, 0.05, 0.025, 0.0125],
    "batch_sizes": [1],
    "loss_ratios": [1.4, 1.7, 2.05, 2.5, 3.0, 3.6],
    "methods": ["formula", "simulate", "splitting"],
    "n_paths": 15_000,
    "splitting_error": 0.03,
    "max_direct_steps": 2e9,
}
#: Answered at once by a worker: what is left is what the command does.
CHEAP = {
    **STUDY,
    "learning_rates": [0.1 + 0.01 * number for number in range(25)],
    "loss_ratios": [1.5 + number / 10 for number in range(8)],
    "methods": ["exact"],
}


@dataclass(frozen=True)
class Costs:
    """Seconds of CPU.

    Attributes
    ----------
    cases : list of float
        Of every case, on one thread, with machine code from the disk.
    expected : list of float
        What the study expects of each, in path-steps; None where nothing tells.
    imports : float
        Of the process that workers are forked from, once.
    start : float
        Of a worker: from its start to its first case.
    handling : float
        Of the command, for each case: handing out, keeping and reading the answers.
    """

    cases: list[float]
    expected: list[float | None]
    imports: float
    start: float
    handling: float

    @property
    def until_first(self) -> float:
        """Until a worker has its first case."""
        return self.imports + self.start


@dataclass(frozen=True)
class Clock:
    """A study on a simulated clock.

    Attributes
    ----------
    seconds : float
        Until the last answer is kept.
    idle : float
        Fraction of the workers' time that they wait while others still work.
    """

    seconds: float
    idle: float


def simulated(costs: Sequence[float], n_workers: int, start: float, handling: float) -> Clock:
    """Hand out cases in this order to whoever is free; each answer passes the command, one by one.

    Examples
    --------
    >>> simulated([3.0, 1.0, 1.0, 1.0], 2, start=0.0, handling=0.0)
    Clock(seconds=3.0, idle=0.0)
    >>> simulated([1.0, 1.0, 1.0, 3.0], 2, start=0.0, handling=0.0).seconds
    4.0
    """
    free = [start] * n_workers
    command = 0.0
    finished = []
    for cost in costs:
        begun = heapq.heappop(free)
        heapq.heappush(free, begun + cost)
        finished.append(begun + cost)
    for moment in sorted(finished):
        command = max(command, moment) + handling
    busy = sum(costs) + start * n_workers
    return Clock(command, 1.0 - busy / (n_workers * max(free)))


def measured() -> Costs:
    """Measure the four of them."""
    pending = cases(ls.Study(**STUDY))
    seconds = []
    for number in (0, 1):  # the first round compiles
        seconds = []
        for case in (
            pending if number else {case.family.landscape: case for case in pending}.values()
        ):
            began = time.process_time()
            run_case(case, n_threads=1)
            seconds.append(time.process_time() - began)
            sys.stderr.write(f"\r{len(seconds)} of {len(pending)} cases")
    return Costs(seconds, [expected_path_steps(case) for case in pending], *command_costs())


def command_costs() -> tuple[float, float, float]:
    """Return what imports and a worker's start cost, and what the command does for each case."""
    cheap = ls.Study(**CHEAP)
    few = cheap.changed({"settings": cheap.settings[:1], "loss_ratios": cheap.ratios[:1]})
    own, workers = [], []
    for study in (few, few, cheap):
        before = time.process_time(), children()
        with tempfile.TemporaryDirectory() as folder:
            ls.run_study(study, store=ls.CaseStore(folder), workers=ls.Workers(1))
        own.append(time.process_time() - before[0])
        workers.append(children() - before[1])
    handling = (own[2] - own[1]) / (cheap.n_cases - few.n_cases)
    return workers[0] - workers[1], workers[1], handling


def children() -> float:
    """Return the seconds of CPU of the process that workers are forked from, and of theirs."""
    return sum(sum(one.cpu_times()[:4]) for one in psutil.Process().children())


def in_order(costs: Costs, order: str) -> list[float]:
    """Return the costs of the cases in the order in which they are begun."""
    sign = {ORDERS[0]: -1.0, ORDERS[1]: 0.0, ORDERS[2]: 1.0}[order]
    known = [math.inf if steps is None else steps for steps in costs.expected]
    numbers = sorted(range(len(known)), key=lambda number: sign * known[number] if sign else 0.0)
    return [costs.cases[number] for number in numbers]


def table(costs: Costs) -> str:
    """Return study time, efficiency and what stragglers cost."""
    alone = simulated(in_order(costs, ORDERS[0]), 1, 0.0, 0.0).seconds
    rows = []
    for n in WORKERS:
        clocks = [
            simulated(in_order(costs, order), n, costs.until_first, costs.handling)
            for order in ORDERS
        ]
        best = clocks[0]
        rows.append(
            (
                n,
                *(f"{clock.seconds:.1f}" for clock in clocks),
                f"{alone / best.seconds:.1f}",
                f"{best.idle:.0%}",
                f"{max(sum(costs.cases) / n, max(costs.cases)) + costs.until_first:.1f}",
            )
        )
    columns = ["workers", *(f"seconds, {order}" for order in ORDERS), "speed-up"]
    return markdown([*columns, "idle", "no order can beat, seconds"], rows)


def saturation(costs: Costs) -> str:
    """Return how many equal cases a minute so many workers answer, of short and of long cases."""
    rows = []
    for seconds in (0.01, 0.1, 1.0, 10.0):
        rates = []
        for n in WORKERS:
            work = [seconds] * (100 * n)
            clock = simulated(work, n, 0.0, costs.handling)
            rates.append(f"{len(work) * seconds / clock.seconds:.1f}")
        rows.append((f"{seconds:g}", *rates))
    return markdown(
        ["seconds a case", *(f"{n} {'worker' if n == 1 else 'workers'}" for n in WORKERS)], rows
    )


def draw(costs: Costs) -> None:
    """Draw the speed-up of every order, and of more cases of the same kind."""
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.subplots()
    alone = sum(costs.cases)
    for order, mark in zip(ORDERS, "os^", strict=True):
        work = in_order(costs, order)
        clocks = [simulated(work, n, costs.until_first, costs.handling) for n in WORKERS]
        axes.plot(WORKERS, [alone / c.seconds for c in clocks], marker=mark, label=order)
    more = random.Random(0).choices(costs.cases, k=10_000)
    clocks = [simulated(more, n, costs.until_first, costs.handling) for n in WORKERS]
    axes.plot(
        WORKERS, [sum(more) / c.seconds for c in clocks], marker="d", label="10,000 such cases"
    )
    axes.plot(WORKERS, WORKERS, color="0.5", lw=0.8, ls="--", label="as many times as workers")
    axes.set(xscale="log", yscale="log", xlabel="workers", ylabel="one worker's work / study time")
    axes.set_xticks(WORKERS, [str(n) for n in WORKERS])
    axes.set_yticks(WORKERS, [str(n) for n in WORKERS])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    figure.savefig(DOCS / "figures" / "workers.png", dpi=160)


def main() -> None:
    """Measure, write the page and draw."""
    costs = measured()
    draw(costs)
    facts = markdown(
        ["measured, seconds of CPU", ""],
        [
            ("cases", len(costs.cases)),
            ("all cases", f"{sum(costs.cases):.1f}"),
            ("the longest case", f"{max(costs.cases):.2f}"),
            ("what all workers import, once", f"{costs.imports:.1f}"),
            ("the start of a worker", f"{costs.start:.2f}"),
            ("the command, for each case", f"{costs.handling:.4f}"),
        ],
    )
    sections = {"facts": facts, "clock": table(costs), "saturation": saturation(costs)}
    sys.stdout.write(write_page("workers.md", "workers.md", sections))


if __name__ == "__main__":
    main()
