"""Splitting in two dimensions against the exact solution there, with every kind of score.

Within Z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds fixed), beyond the error that
the exact solution states for itself.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import NearestNDInterpolator

from landscape_sim.dynamics import HessianAlignedNoise, LossProportionalNoise
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.landscapes import Ball, SeparableDoubleWell
from landscape_sim.rare_events.heights import committor_score, loss_then_progress
from landscape_sim.rare_events.rare_escape import simulate_rare_escape

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
