"""The extrapolation to step zero has no bias by where it stops, seen on levels that are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
from landscape_sim.rare_events import rare_escape
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate

WELL = QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
TARGET = HalfSpace.beyond((1.0,), seen_from=(-1.0,))
FIRST_STEP, N_RUNS = 0.1, 2000
Z = 4.4  # false alarm 1.1e-5 a check


def drawn_runs(monkeypatch, relative_error, slope):
    """Return runs whose levels are drawn, log-normal with the mean ``exp(slope · step)``."""
    random = np.random.default_rng(1)

    def level(landscape, dynamics, start, target, *, relative_error, **_):
        log_rate = random.normal(-0.5 * relative_error**2, relative_error)
        log_rate += slope * dynamics.time_step / FIRST_STEP
        steps = (dynamics.time_step,)
        detail = SplittingDetail("adaptive", log_rate, 1.0, 1, 1, 16, 0, "", steps)
        interval = log_t_interval(log_rate, relative_error, 15, 0.95)
        return Rate(
            method="splitting",
            log_rate=log_rate,
            rate=math.exp(log_rate),
            interval=interval,
            confidence_level=0.95,
            relative_standard_error=relative_error,
            path_steps=1,
            detail=detail,
        )

    monkeypatch.setattr(rare_escape, "splitting_escape_rate", level)
    monkeypatch.setattr(rare_escape, "_first_step", lambda *_: FIRST_STEP)
    noise = LossProportionalNoise(0.1)
    run = rare_escape.simulate_rare_escape
    return [run(WELL, noise, (-1.0,), TARGET, relative_error=relative_error) for _ in range(N_RUNS)]


def mean_and_error(runs):
    rates = np.array([run.rate for run in runs])
    return rates.mean(), rates.std(ddof=1) / math.sqrt(len(runs))


@pytest.mark.parametrize("slope", [-0.73, 0.0, 0.73])
def test_runs_stop_where_they_may_and_not_where_it_suits_them(monkeypatch, slope):
    # A quarter of 0.73, at the finer step, is as much as a run at 20 % may extrapolate.
    runs = drawn_runs(monkeypatch, 0.2, slope)
    mean, error = mean_and_error(runs)
    assert abs(mean - 1.0) < Z * error
    halved = np.mean([run.detail.time_steps[0] < FIRST_STEP for run in runs])
    assert halved < 0.05 if slope == 0.0 else 0.2 < halved < 0.8
    # Negative control: runs whose own correction is small.
    mean, error = mean_and_error([r for r in runs if r.relative_discretisation_error <= 0.183])
    assert slope == 0.0 or abs(mean - 1.0) > Z * error
