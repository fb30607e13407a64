"""The kernels of splitting against their own plain-Python twins."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.dynamics import LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.jit import compiled
from landscape_sim.kernels import entrances, excursions, splitting
from landscape_sim.kernels.process import Process
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
from landscape_sim.random_numbers import normals, xoshiro
from landscape_sim.rare_events.core import describe_well
from landscape_sim.rare_events.scores import progress_along

WELL = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
DYNAMICS = LeimkuhlerMatthews(LossProportionalNoise(1.0), 0.02)
TARGET = HalfSpace(0.5, (1.0,))
SCORE = progress_along([(-1.0,), (0.5,)])
CORE = describe_well(WELL, DYNAMICS.noise, (-1.0,)).core
PROCESS = Process(WELL, DYNAMICS, TARGET, (-1.0,), 0.58)
RUNGS = np.array([0.6, 0.7, 0.8, 1.0, 1.2, 1.4])
INNER = {
    xoshiro: ("mix", "_rotate"),
    normals: ("next_word", "horner", "_log_uniform"),
    excursions: ("seed_lane", "fill_normals", "_step_lanes", "_settle"),
    entrances: ("seed_lane", "fill_normals", "_step_lanes", "_find"),
    splitting: ("mix", "_branch", "_measure", "_succeed"),
}


@pytest.fixture
def in_python(monkeypatch):
    """Run a kernel as plain Python: every compiled callee replaced by its source."""

    def run(kernel, *arguments):
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            for module, names in INNER.items():
                for name in names:
                    patch.setattr(module, name, getattr(module, name).py_func)
            return kernel(*arguments)

    return run


def pool_of(n_paths):
    pool = excursions.Pool.empty(n_paths, 1)
    pool.start[:] = np.linspace(-0.5, 0.0, n_paths)[:, None]
    pool.key[:] = 5
    pool.stream[:] = pool.walker[:] = np.arange(n_paths)
    return pool


def make_excursions(run, stop_at_last=False, rungs=RUNGS):
    walkers = excursions.Walkers.empty(40, len(rungs), 1)
    go_on(run, pool_of(40), 40, walkers, stop_at_last, rungs)
    return walkers


def go_on(run, pool, n_paths, walkers, stop_at_last=False, rungs=RUNGS):
    excursion = excursions.Excursion(SCORE, CORE, 100, stop_at_last)
    run(excursions.run_excursions, PROCESS, excursion, rungs, pool, n_paths, walkers)


def compiled_run(kernel, *arguments):
    return compiled(kernel, *arguments)(*arguments)


def assert_same(fast, slow):
    # Contraction to fused multiply-adds changes last digits only.
    np.testing.assert_array_equal(fast.crossed, slow.crossed)
    np.testing.assert_array_equal(fast.outcome, slow.outcome)


def assert_same_entrances(fast, slow):
    np.testing.assert_array_equal(fast.n_records, slow.n_records)
    for row, n in enumerate(fast.n_records):
        np.testing.assert_array_equal(fast.height[:n, row], slow.height[:n, row])
        np.testing.assert_allclose(
            fast.entrance[:n, row], slow.entrance[:n, row], rtol=1e-5, atol=1e-6
        )


def test_excursions_equal_their_python_twin(in_python):
    fast = make_excursions(compiled_run)
    slow = make_excursions(in_python)
    assert_same(fast, slow)
    assert_same_entrances(fast, slow)
    assert {excursions.RETURNED, excursions.REACHED} <= set(fast.outcome)
    for row, n in enumerate(fast.n_records):
        assert np.all(np.diff(fast.height[:n, row]) > 0)
        assert fast.crossed[row] == (fast.height[n - 1, row] if n else 0)
        scores = [SCORE.score((x,)) for x in fast.entrance[:n, row, 0]]
        np.testing.assert_array_equal(
            np.searchsorted(RUNGS, scores, side="right"), fast.height[:n, row]
        )


def test_an_excursion_is_the_same_whether_it_stops_or_goes_on():
    # The pilot makes its excursions twice, and relies on that.
    whole = make_excursions(compiled_run, rungs=RUNGS[:4])
    short = make_excursions(compiled_run, True, RUNGS[:4])
    np.testing.assert_array_equal(whole.crossed, short.crossed)
    there = whole.crossed == 4
    for row in np.flatnonzero(there):
        first = np.flatnonzero(whole.height[: whole.n_records[row], row] == 4)[0]
        last = short.n_records[row] - 1
        assert whole.entrance[first, row, 0] == short.entrance[last, row, 0]
    assert set(short.outcome[there]) <= {excursions.CROSSED, excursions.REACHED, 1}


def test_splitting_equals_its_python_twin(in_python):
    results = []
    for run in (compiled_run, in_python):
        walkers = make_excursions(run)
        keys = np.array([[7, 8], [9, 10]], np.uint64)
        replicas = splitting.Replicas.begun(keys, 20)
        pool = excursions.Pool.empty(40, 1)
        ranking = splitting.Ranking.empty(20, len(RUNGS))
        while n_paths := run(splitting.branch, 4, replicas, ranking, pool, walkers):
            go_on(run, pool, n_paths, walkers)
        results.append((walkers, replicas, pool))
    (fast, replicas, pool), (slow, twins, twin_pool) = results
    assert_same(fast, slow)
    np.testing.assert_allclose(replicas.log_probability, twins.log_probability)
    np.testing.assert_array_equal(pool.stream, twin_pool.stream)
    # A start is that of a path that began at a start, and so on: the digits add up.
    np.testing.assert_allclose(pool.start, twin_pool.start, atol=1e-5)
    assert np.all(replicas.status == splitting.ARRIVED)
    assert np.all(replicas.n_paths > 20)


def test_entrances_equal_their_python_twin(in_python):
    found = []
    for run in (compiled_run, in_python):
        kept = entrances.Entrances.empty(40, 60, 1)
        settings = 0.5, np.uint64(3), 20, 60
        n = run(entrances.run_entrances, PROCESS, CORE, *settings, kept)
        found.append((n, kept))
    (n_fast, fast), (n_slow, slow) = found
    assert n_fast == n_slow > 20
    np.testing.assert_allclose(fast.position[:n_fast], slow.position[:n_fast], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(fast.arrived[:n_fast], slow.arrived[:n_fast])
    np.testing.assert_allclose(fast.duration, slow.duration, rtol=1e-5)
    outside = CORE.excess((fast.position[:n_fast, 0],))
    assert np.all((outside >= 0.5) | fast.arrived[:n_fast])
