"""The committor in the plane: symmetry, one-dimensional limits, constant flux, transitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import RegularGridInterpolator

from landscape_sim.dynamics import ConstantNoise, HessianAlignedNoise, LossProportionalNoise
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.landscapes import Ball, HalfSpace, SeparableDoubleWell
from landscape_sim.landscapes.reference_landscapes import from_catalogue
from landscape_sim.validation import InputError

WELL = SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))
LEFT, RIGHT = Ball((-1.0, 0.0), 0.25), Ball((1.0, 0.0), 0.25)


@pytest.mark.parametrize(
    "noise",
    [
        ConstantNoise(0.3),
        LossProportionalNoise(0.2),
        HessianAlignedNoise.from_hessian([[8.0, 3.0], [3.0, 6.0]], 0.05, 1),
    ],
)
def test_a_symmetric_landscape_has_a_symmetric_committor(noise):
    committor = plane_committor(WELL, noise, LEFT, RIGHT, n_cells=200)
    q = committor.values
    np.testing.assert_allclose(committor.x[::-1, ::-1], -committor.x, atol=1e-9)
    # The grid is symmetric too, so what is left is rounding.
    assert np.nanmax(np.abs(q + q[::-1, ::-1] - 1.0)) < 1e-9
    assert np.nanmin(q) == 0.0
    assert np.nanmax(q) == 1.0
    assert committor.error < 1e-3
    # Negative control: balls of different size.
    larger = plane_committor(WELL, noise, LEFT, Ball((1.0, 0.0), 0.3), n_cells=200).values
    assert np.nanmax(np.abs(larger + larger[::-1, ::-1] - 1.0)) > 1e-6


def along_the_axis(committor, x):
    """The committor at points of the first axis."""
    grid = RegularGridInterpolator((committor.x[:, 0], committor.y[0]), committor.values)
    return grid(np.stack([x, 0 * x], axis=-1))


def test_in_a_narrow_valley_it_is_one_dimensional():
    # Balls wider than the valley, whose rims are flat across it up to 0.05² / (2 · 0.5).
    diffusion = 0.2
    well = SeparableDoubleWell(0.25, 1.0, (2e3,))
    committor = plane_committor(
        well, ConstantNoise(diffusion), Ball((-1.0, 0.0), 0.5), Ball((1.0, 0.0), 0.5), n_cells=200
    )
    x = np.linspace(-0.4, 0.4, 5)

    def scale(y):
        return math.exp((y * y - 1.0) ** 2 / diffusion)

    whole = quad(scale, -0.5, 0.5)[0]
    exact = [quad(scale, -0.5, end)[0] / whole for end in x]
    # y² is 1e-4 on average: the rims recede by y²/2R = 1e-4 of a length of 1.
    np.testing.assert_allclose(along_the_axis(committor, x), exact, atol=committor.error + 3e-4)


@pytest.mark.parametrize("noise", [ConstantNoise(0.2), LossProportionalNoise(0.2)])
def test_the_reactive_flux_through_every_line_is_the_same(noise):
    """Through ``x = const`` flows ``∫ e^{−U/T} T ∂q/∂x dy``."""
    committor = plane_committor(WELL, noise, LEFT, RIGHT, n_cells=400)
    x, y, q = committor.x[:, 0], committor.y[0], committor.values
    weight = np.exp(-noise.potential(WELL, (committor.x, committor.y)) / noise.matrix(2)[0, 0])
    slope = np.gradient(q, x, axis=0, edge_order=2)
    flux = np.trapezoid(np.nan_to_num(weight * slope), y, axis=1)
    between = np.abs(x) < 0.7
    # Of second order: the spacing is 1/70 of the saddle's width or less, squared times a few.
    np.testing.assert_allclose(flux[between], np.median(flux[between]), rtol=2e-3)
    # Negative control: without the weight nothing is conserved.
    bare = np.trapezoid(np.nan_to_num(slope), y, axis=1)[between]
    assert np.ptp(bare) > 0.1 * np.median(bare)


@pytest.mark.parametrize("noise", [ConstantNoise(0.15), LossProportionalNoise(0.05)])
@pytest.mark.parametrize("target", [RIGHT, HalfSpace(1.0, (1.0, 0.0))])
def test_transitions_take_as_long_as_passages_from_the_minimum(noise, target):
    committor = plane_committor(WELL, noise, LEFT, target, n_cells=200)
    passage = plane_mean_first_passage_time(WELL, noise, (-1.0, 0.0), target, n_cells=200)
    # Of the paths from the rim a share q of the order of rate × relaxation time (below 1) does
    # not visit the minimum first.
    allowed = passage.rate + passage.relative_error + committor.transition.relative_error
    assert committor.transition.log_rate == pytest.approx(passage.log_rate, abs=allowed)


def test_there_is_no_closed_stationary_density_for_aligned_noise():
    noise = HessianAlignedNoise.from_hessian([[8.0, 3.0], [3.0, 6.0]], 0.05, 1)
    assert plane_committor(WELL, noise, LEFT, RIGHT, n_cells=100).transition is None


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (Ball((-1.0, 0.0), 1.8), {}, "meet; choose a smaller radius"),
        (Ball((0.9, 0.0), 0.1), {}, "meet; choose a smaller radius"),
        (LEFT, {"n_cells": 10}, "n_cells"),
        (LEFT, {"domain": ((-1.4, 5.0), (-5.0, 5.0))}, "cuts the well off"),
    ],
)
def test_refuses_in_one_line(source, options, message):
    with pytest.raises(InputError, match=message) as refusal:
        plane_committor(WELL, LossProportionalNoise(0.2), source, RIGHT, **options)
    assert "\n" not in str(refusal.value)


def test_a_committor_beyond_floats_is_refused_in_one_line():
    entry = from_catalogue("mueller-brown")
    left, right = (Ball(point.position, 0.25) for point in (entry.minima[0], entry.minima[2]))
    with pytest.raises(InputError, match="leave nothing that floats can hold; a grid that"):
        plane_committor(entry.landscape, LossProportionalNoise(5e-5), left, right)
