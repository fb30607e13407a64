"""Print how much faster two workers are than one, and one than none, on 40 equal cases.

``python -m benchmarks.two_workers`` takes some minutes, on two cores that nobody else uses: the
numbers are wall times, the best of three, start and end of the workers included.
"""

from __future__ import annotations

import sys
import tempfile
import time

import landscape_sim as ls
from benchmarks.pages import markdown

N_CASES, ROUNDS = 40, 3
#: Every case differs by a millionth of the temperature.
STUDY = {
    "name": "equal",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.1 * (1.0 + 1e-6 * number) for number in range(N_CASES)],
    "batch_sizes": [1],
    "loss_ratios": [2.0],
    "n_paths": 100_000,
    "methods": ["formula", "simulate"],
    "max_direct_steps": 1e12,
}


def seconds(study: ls.Study, workers: ls.Workers | None) -> float:
    """Return the wall time of a study on one thread a worker."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        ls.run_study(study, store=ls.CaseStore(folder), n_threads=1, workers=workers)
        return time.perf_counter() - began


def main(study: ls.Study) -> None:
    """Measure in turns, after a first run that compiles."""
    runs = {"none, one thread": None, "1": ls.Workers(1), "2": ls.Workers(2)}
    ls.run_study(study.changed({"n_paths": 1}), n_threads=1)
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(ROUNDS):
        for name, workers in runs.items():
            best[name] = min(best[name], seconds(study, workers))
    rows = [
        (name, f"{took:.1f}", f"{best['none, one thread'] / took:.2f}", f"{best['1'] / took:.2f}")
        for name, took in best.items()
    ]
    sys.stdout.write(markdown(["workers", "seconds", "over none", "over one"], rows))


if __name__ == "__main__":
    main(ls.Study(**STUDY))
