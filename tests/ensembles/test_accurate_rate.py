"""Simulated rates have no bias by where the ladder stops, seen on levels that are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.ensembles import accurate_rate, step_ladder
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
from landscape_sim.results import FirstPassageSample

WELL = QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
TARGET = HalfSpace.beyond((1.0,), seen_from=(-1.0,))
COARSEST = 0.1
#: False alarm 1.1e-5 a check, of a bias that is a tenth of the error planned or less.
Z, LARGEST_BIAS = 4.4, 0.1


def drawn_runs(monkeypatch, relative_error, slope, n_runs):
    """Return runs whose times are drawn, exponential with the mean ``1 + slope · step``."""
    random = np.random.default_rng(1)

    def level(landscape, dynamics, start, target, *, n_paths, **_):
        times = random.exponential(1.0 + slope * dynamics.time_step / COARSEST, n_paths)
        return FirstPassageSample(times, np.zeros(n_paths, bool), int(1e6 * n_paths))

    monkeypatch.setattr(accurate_rate, "simulate_first_passage", level)
    monkeypatch.setattr(accurate_rate, "_coarsest_step", lambda *_: COARSEST)
    noise, run = LossProportionalNoise(0.1), accurate_rate.simulate
    return [run(WELL, noise, (-1.0,), TARGET, relative_error=relative_error) for _ in range(n_runs)]


def bias_and_error(runs, relative_error):
    """In units of the statistical error that is planned."""
    rates = np.array([run.rate for run in runs])
    planned = 0.8 * relative_error
    return (rates.mean() - 1.0) / planned, rates.std(ddof=1) / math.sqrt(len(runs)) / planned


def own_correction(_, fourth, second, first):
    """What the extrapolation changes, by the errors that it has: the rule there was."""
    return (4.0 * first + second - 5.0 * fourth) / 14.0 / (first + (second - fourth) / 2.0)


@pytest.mark.parametrize(("relative_error", "n_runs"), [(0.2, 4000), (0.05, 2000)])
@pytest.mark.parametrize("correction", [0.0, 1.0])
def test_ladders_end_where_they_may_and_not_where_it_suits_them(
    monkeypatch, relative_error, n_runs, correction
):
    # One: the finest of the first three steps changes the mean by as much as it may.
    slope = 4.0 * 0.6 * relative_error * correction
    runs = drawn_runs(monkeypatch, relative_error, slope, n_runs)
    bias, error = bias_and_error(runs, relative_error)
    assert abs(bias) < LARGEST_BIAS + Z * error
    # The interval covers: 0.92 is 4.9 errors below 0.95 for 2000.
    assert sum(1.0 in run.interval for run in runs) > 0.92 * n_runs
    halved = np.mean([run.detail.time_steps[0] < COARSEST for run in runs])
    assert halved < 0.01 if correction == 0.0 else 0.05 < halved < 0.5
    monkeypatch.setattr(step_ladder, "independent_correction", own_correction)
    old = drawn_runs(monkeypatch, relative_error, slope, n_runs)
    bias, error = bias_and_error(old, relative_error)
    assert correction == 0.0 or bias < -LARGEST_BIAS - Z * error  # negative control
