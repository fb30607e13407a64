"""Seconds from the first call of a landscape–dynamics pair to its answer, cold and from cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Another pair comes first, so that what is timed is the pair and not the start of Numba.
SCRIPT = """
import time
import landscape_sim as ls

def first_call(scheme, well, start):
    began = time.perf_counter()
    ls.simulate_first_passage(
        well, scheme(ls.LossProportionalNoise(0.4), 0.01), start,
        ls.HalfSpace(1.0, (1.0,) + start[1:]), n_paths=1, max_time=1.0, seed=0,
    )
    return time.perf_counter() - began

well = ls.QuarticDoubleWell.from_loss_ratio(2.5, 0.25)
first_call(ls.TimeChangedEuler, well, (-1.0,))
print(first_call({scheme}, {well}, {start}))
"""
PAIRS = {
    1: ("ls.EulerMaruyama", "well", "(-1.0,)"),
    4: (
        "ls.LeimkuhlerMatthews",
        "ls.SeparableDoubleWell.from_loss_ratio(2.5, 0.25, (2.0, 2.0, 2.0))",
        "(-1.0, 0.0, 0.0, 0.0)",
    ),
}


def seconds(cache: Path, dimension: int) -> float:
    scheme, well, start = PAIRS[dimension]
    script = SCRIPT.format(scheme=scheme, well=well, start=start)
    checkout = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.parametrize("dimension", PAIRS)
def test_compilation(benchmark, tmp_path, dimension):
    caches = iter([tmp_path / "a", tmp_path / "b"])
    cold = [seconds(cache, dimension) for cache in caches]
    cached = benchmark.pedantic(
        lambda: seconds(tmp_path / "a", dimension), warmup_rounds=0, rounds=2
    )
    benchmark.extra_info.update(cold_seconds=min(cold), cached_seconds=cached)
