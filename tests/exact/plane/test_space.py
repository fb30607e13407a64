"""Three dimensions without symmetry: a separable law, simulation, the half-plane, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.exact.plane import space

Z = 4.4  # false alarm 1.1e-5
START, ACROSS = (-1.0, 0.0, 0.0), ls.HalfSpace(1.0, (1.0, 0.0, 0.0))
LINE = ls.QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
WELL = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 2.0))


@pytest.mark.slow
@pytest.mark.parametrize("diffusion", [0.15, 0.06])
def test_constant_noise_makes_a_separable_well_one_dimensional(diffusion):
    noise = ls.ConstantNoise(diffusion)
    found = ls.mean_first_passage_time(WELL, noise, START, ACROSS)
    exact = ls.mean_first_passage_time(LINE, noise, (-1.0,), ls.HalfSpace(1.0, (1.0,)))
    assert abs(found.log_mean_time - exact.log_mean_time) < found.relative_error
    # Negative control: a tenth more noise.
    hotter = ls.ConstantNoise(1.1 * diffusion)
    other = ls.mean_first_passage_time(LINE, hotter, (-1.0,), ls.HalfSpace(1.0, (1.0,)))
    assert abs(found.log_mean_time - other.log_mean_time) > found.relative_error


@pytest.mark.slow
def test_loss_proportional_noise_agrees_with_simulation():
    noise, target = ls.LossProportionalNoise(0.3), ls.Ball((1.0, 0.0, 0.0), 0.5)
    scheme = ls.EulerMaruyama(noise, 0.005)
    found = ls.mean_first_passage_time(WELL, noise, START, target)
    sample = ls.simulate_first_passage(
        WELL, scheme, START, target, n_paths=10_000, max_time=1e6, seed=8
    )
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    allowed = Z * error + found.relative_error * found.mean_time
    assert abs(sample.times.mean() - found.mean_time) < allowed
    # Negative control: stiffer across, and alike in both directions.
    stiffer = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (4.0, 4.0))
    other = ls.mean_first_passage_time(stiffer, noise, START, target)
    assert abs(sample.times.mean() - other.mean_time) > allowed


@pytest.mark.slow
def test_without_need_it_is_the_half_plane():
    noise, target = ls.LossProportionalNoise(0.2), ls.Ball((1.0, 0.0, 0.0), 0.25)
    landscape = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0, 2.0))
    half = ls.mean_first_passage_time(landscape, noise, START, target, n_cells=100)
    found = space.space_mean_first_passage_time(landscape, noise, START, target)
    errors = half.relative_error + found.relative_error
    assert abs(half.log_mean_time - found.log_mean_time) < errors


@pytest.mark.parametrize(
    ("landscape", "noise", "message"),
    [
        (
            WELL,
            ls.HessianAlignedNoise.from_hessian(np.diag([2.0, 1.0, 1.0]), 0.1, 1),
            "isotropic noise only",
        ),
        (
            ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 2.0, 3.0)),
            ls.LossProportionalNoise(0.2),
            "in 4 dimensions .* axis of symmetry",
        ),
    ],
)
def test_what_has_no_grid_is_refused(landscape, noise, message):
    n = len(landscape.search_box())
    start, target = (-1.0, *[0.0] * (n - 1)), ls.Ball((1.0, *[0.0] * (n - 1)), 0.4)
    with pytest.raises(ls.InputError, match=message):
        ls.mean_first_passage_time(landscape, noise, start, target)


@pytest.mark.slow
def test_a_deep_well_is_refused_with_what_is_left():
    with pytest.raises(ls.InputError, match=r"leave an error of .* too large: use splitting"):
        ls.mean_first_passage_time(
            WELL, ls.LossProportionalNoise(0.02), START, ls.Ball((1.0, 0.0, 0.0), 0.25)
        )
