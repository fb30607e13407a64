"""Splitting in two dimensions against the exact solution there, with every kind of score.

Within Z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds fixed), beyond the error that
the exact solution states for itself.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.interpolate import NearestNDInterpolator

from landscape_sim.dynamics import HessianAlignedNoise, LossProportionalNoise
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.landscapes import Ball, SeparableDoubleWell
from landscape_sim.landscapes.reference_landscapes import from_catalogue
from landscape_sim.quasi_potential.grid import quasi_potential
from landscape_sim.rare_events.heights import (
    committor_score,
    loss_then_progress,
    potential_then_progress,
)
from landscape_sim.rare_events.rare_escape import simulate_rare_escape
from landscape_sim.validation import InputError

pytestmark = pytest.mark.slow

Z = 4.4
PLANE = SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (1.0,))
START, SADDLE, TARGET = (-1.0, 0.0), (0.0, 0.0), Ball((1.0, 0.0), 0.25)


def committor(noise):
    """The logarithm of the exact committor on an even grid, as a score."""
    exact = plane_committor(PLANE, noise, Ball(START, 0.25), TARGET)
    known = np.isfinite(exact.values)
    look_up = NearestNDInterpolator(
        np.column_stack([exact.x[known], exact.y[known]]), exact.values[known]
    )
    x, y = np.linspace(-1.5, 1.5, 121), np.linspace(-0.8, 0.8, 65)
    return committor_score(look_up(*np.meshgrid(x, y, indexing="ij")), x, y)


@pytest.mark.parametrize("kind", ["progress", "loss then progress", "committor"])
@pytest.mark.parametrize(
    "noise",
    [
        LossProportionalNoise(0.1),
        HessianAlignedNoise.from_hessian(PLANE.hessian(START), 0.05, 1),
    ],
)
def test_agrees_with_the_exact_solution(noise, kind):
    score = None
    if kind == "loss then progress":
        score = loss_then_progress(PLANE, [START, SADDLE, TARGET.centre], SADDLE)
    elif kind == "committor":
        score = committor(noise)
    exact = plane_mean_first_passage_time(PLANE, noise, START, TARGET)
    result = simulate_rare_escape(PLANE, noise, START, TARGET, score=score, relative_error=0.05)
    difference = abs(result.log_rate - exact.log_rate)
    assert difference < Z * result.relative_standard_error + exact.relative_error
    assert abs(result.log_rate - exact.log_rate - 0.3) > (
        Z * result.relative_standard_error + exact.relative_error
    )


def quasi_potential_score(landscape, hessian):
    """``V`` of aligned noise in units of ``η/B``, on a grid; the scale of a score is free."""

    def drift(x):
        return -np.stack(np.broadcast_arrays(*landscape.gradient(tuple(x.T))), axis=1)

    def covariance(x):
        return 2.0 * landscape.loss(tuple(x.T))[:, None, None] * hessian

    grid = quasi_potential(drift, covariance, START, ((-2.0, 2.0), (-4.0, 4.0)), n_cells=96)
    points = [START, SADDLE, TARGET.centre]
    return potential_then_progress(grid.values, *grid.axes, points, SADDLE)


@pytest.mark.parametrize(("noise_scale", "rate"), [(0.0201, 1.27e-8), (0.02325, 1.36e-7)])
def test_a_quasi_potential_finds_the_way_beside_the_valley(noise_scale, rate):
    # Ten times as stiff across: the best paths climb beside the valley that the progress sees.
    landscape = from_catalogue("stiff-2d").landscape
    hessian = landscape.hessian(START)
    noise = HessianAlignedNoise.from_hessian(hessian, noise_scale, 1)
    exact = plane_mean_first_passage_time(landscape, noise, START, TARGET)
    assert exact.rate == pytest.approx(rate, rel=0.01)
    score = quasi_potential_score(landscape, hessian)
    runs = [
        simulate_rare_escape(
            landscape, noise, START, TARGET, score=score, relative_error=0.2, seed=seed
        )
        for seed in range(8)
    ]
    # Fewer than five of eight 95 % intervals: 3.7e-4.
    assert sum(exact.rate in run.interval for run in runs) >= 5
    ratios = np.exp([run.log_rate - exact.log_rate for run in runs])
    error = 0.2 / math.sqrt(len(runs))
    assert abs(ratios.mean() - 1.0) < Z * error
    assert abs(ratios.mean() - 1.5) > Z * error  # negative control
    dearest = max(run.path_steps for run in runs)
    with pytest.raises(InputError, match="path-steps"):
        simulate_rare_escape(landscape, noise, START, TARGET, max_path_steps=10.0 * dearest)
