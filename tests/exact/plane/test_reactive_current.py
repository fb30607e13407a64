"""Transition path theory in the plane: backward committor, current, and simulated transitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator
from scipy.linalg import solve_continuous_lyapunov, sqrtm

import landscape_sim as ls

WELL = ls.SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))
LEFT, RIGHT = ls.Ball((-1.0, 0.0), 0.4), ls.Ball((1.0, 0.0), 0.4)
# Correlated noise: transitions from left to right pass the saddle high up, those back low.
CORRELATED = np.array([[0.3, 0.25], [0.25, 0.5]])
SOFT = ls.Landscape.from_expression("0.5 + (x**2 - 1)**2 + y**2", "x, y")
# Negative in the middle of the target alone.
HOLE = ls.Landscape.from_expression(
    "0.2 + (x**2 - 1)**2 + y**2 - 0.4*exp(-200*((x - 1)**2 + y**2))", "x, y"
)


def constant(matrix):
    return ls.ConstantHessianAlignedNoise(tuple(map(tuple, sqrtm(matrix).tolist())))


@pytest.mark.parametrize("noise", [ls.ConstantNoise(0.2), ls.LossProportionalNoise(0.2)])
def test_of_a_reversible_process_the_backward_committor_is_what_the_forward_one_leaves(noise):
    way = ls.plane_reactive_current(WELL, noise, LEFT, ls.Ball((1.0, 0.0), 0.3), n_cells=100)
    # On the grid the law is e^{−U/T}/s to rounding, and all else follows.
    assert np.nanmax(np.abs(way.forward + way.backward - 1.0)) < 1e-9
    known = ls.plane_committor(WELL, noise, LEFT, ls.Ball((1.0, 0.0), 0.3), n_cells=100)
    assert way.log_rate == pytest.approx(known.transition.log_rate, abs=1e-9)
    np.testing.assert_allclose(way.forward, known.values, atol=1e-12)


def test_that_of_correlated_noise_is_not():
    way = ls.plane_reactive_current(SOFT, constant(CORRELATED), LEFT, RIGHT, n_cells=100)
    assert np.nanmax(np.abs(way.forward + way.backward - 1.0)) > 0.5
    # Turned by half a turn, source and target change places: q⁺ and q⁻ become 1 − q⁺, 1 − q⁻.
    # What is left comes from the rim of the region, where densities are negligible.
    seen = way.density > 1e-4 * np.nanmax(way.density)
    for committor in (way.forward, way.backward):
        assert np.abs(committor + committor[::-1, ::-1] - 1.0)[seen].max() < 1e-6


def test_the_stationary_density_in_a_bowl_is_that_of_the_lyapunov_equation():
    bowl = ls.Landscape.from_expression("1 + x**2 + 1.5*y**2 + 0.8*x*y", "x, y")
    hessian, matrix = np.array([[2.0, 0.8], [0.8, 3.0]]), np.array([[0.3, 0.2], [0.2, 0.5]])
    balls = ls.Ball((-0.5, 0.1), 0.25), ls.Ball((0.6, 0.3), 0.3)
    way = ls.plane_reactive_current(bowl, constant(matrix), *balls, n_cells=100)

    def gaussian(noise):
        precision = np.linalg.inv(solve_continuous_lyapunov(hessian, 2.0 * noise))
        z = np.stack([way.x, way.y])
        exponent = -0.5 * np.einsum("iab,ij,jab->ab", z, precision, z)
        return math.sqrt(np.linalg.det(precision)) / (2.0 * math.pi) * np.exp(exponent)

    def deviation(noise):
        return np.nanmax(np.abs(way.density - gaussian(noise))) / np.nanmax(way.density)

    # A cell is a tenth of a standard deviation: 1e-2 squared times the curvature's 1/12.
    assert deviation(matrix) < 1e-3
    # Negative control: without the correlation.
    assert deviation(np.diag(np.diag(matrix))) > 0.05


def on_nodes(way, field):
    """The field between the nodes; it is zero beyond them."""
    nodes = np.stack([way.x.ravel(), way.y.ravel()], axis=-1)
    values = np.nan_to_num(field).reshape(2, -1).T
    return LinearNDInterpolator(nodes, values, fill_value=0.0)


def through_a_line(interpolated, offset, slope):
    """Heights along a line ``x = offset + slope · y`` and the field's flux density there."""
    y = np.linspace(-8.0, 8.0, 3201)
    along = interpolated(offset + slope * y, y)
    return y, along[:, 0] - slope * along[:, 1]


@pytest.mark.parametrize("noise", [constant(CORRELATED), ls.LossProportionalNoise(0.25)])
def test_the_flux_through_every_line_is_the_rate(noise):
    way = ls.plane_reactive_current(SOFT, noise, LEFT, RIGHT, n_cells=200)
    lines = [(0.0, 0.0), (0.3, 0.0), (-0.2, 0.1), (0.1, -0.25)]
    current = on_nodes(way, way.current)
    fluxes = [np.trapezoid(*through_a_line(current, *line)[::-1]) for line in lines]
    # The current is that of the grid, and interpolated linearly: errors of the square of 1/50,
    # the spacing over the width of the saddle, times a few.
    np.testing.assert_allclose(fluxes, way.rate, rtol=2e-3)
    # Negative control: π ∇q⁺, without the noise and the backward committor, is not conserved.
    bare = on_nodes(way, way.density * np.stack(np.gradient(way.forward, axis=(0, 1))))
    fluxes = [np.trapezoid(*through_a_line(bare, *line)[::-1]) for line in lines]
    assert np.ptp(fluxes) > 0.02 * abs(np.median(fluxes))


def simulate_transitions(noise, step, n_walkers, n_steps, seed):
    """Transitions of stationary Euler paths: rate and net height of passage of ``x = 0``.

    Each with its standard error; a transition is from the last point in LEFT to the first in
    RIGHT, and every path goes on afterwards.
    """
    rng = np.random.default_rng(seed)
    root = math.sqrt(2.0 * step) * sqrtm(noise.matrix(2))
    x, from_left = np.tile([-1.0, 0.0], (n_walkers, 1)), np.ones(n_walkers, bool)
    height, heights = np.zeros(n_walkers), []
    counts, times = np.zeros(n_walkers), np.zeros(n_walkers)
    for k in range(n_steps):
        slope = np.stack(SOFT.gradient((x[:, 0], x[:, 1])), axis=-1)
        new = x - step * slope + rng.standard_normal(x.shape) @ root
        crossing = (np.sign(new[:, 0]) - np.sign(x[:, 0])) / 2.0
        share = np.divide(x[:, 0], x[:, 0] - new[:, 0], where=crossing != 0, out=0 * height)
        height += crossing * (x[:, 1] + share * (new[:, 1] - x[:, 1]))
        x = new
        is_left, is_right = (np.hypot(x[:, 0] - c, x[:, 1]) <= 0.4 for c in (-1.0, 1.0))
        from_left |= is_left
        height[is_left] = 0.0
        has_come = is_right & from_left
        if k > n_steps // 4:
            heights += height[has_come].tolist()
            counts += has_come
            times += step * from_left
        from_left &= ~is_right
    rate = counts.sum() / times.sum()
    error = math.sqrt(n_walkers) * (counts - rate * times).std() / times.sum()
    return (rate, error), (np.mean(heights), np.std(heights) / math.sqrt(len(heights)))


def test_simulated_transitions_are_as_frequent_and_pass_as_high_as_the_current_says():
    noise = constant(CORRELATED)
    way = ls.plane_reactive_current(SOFT, noise, LEFT, RIGHT, n_cells=200)
    y, flux = through_a_line(on_nodes(way, way.current), 0.0, 0.0)
    predicted = np.trapezoid(flux * y, y) / np.trapezoid(flux, y)
    (rate, rate_error), (height, height_error) = simulate_transitions(
        noise, 0.005, n_walkers=1000, n_steps=12_000, seed=1
    )
    # Four standard errors each: false alarms in 1.3e-4 of all seeds. Steps of 0.02 are 3 % too
    # fast, so that these are by less than a fifth of a standard error.
    assert abs(rate - way.rate) < 4.0 * rate_error
    assert abs(height - predicted) < 4.0 * height_error
    # Negative control: were q⁻ = 1 − q⁺, the landscape's symmetry would make the height zero.
    assert abs(height) > 20.0 * height_error


@pytest.mark.parametrize(
    ("landscape", "source", "target", "message"),
    [
        (WELL, ls.Ball((-1.0, 0.0), 1.8), RIGHT, "meet; choose a smaller radius"),
        (
            ls.SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0, 8.0)),
            ls.Ball((-1.0, 0.0, 0.0), 0.3),
            ls.Ball((1.0, 0.0, 0.0), 0.3),
            "known in two dimensions",
        ),
        (
            ls.Landscape.from_expression("0.1 + 2*x**2*(x**2 - 1)**2 + 800*y**2", "x, y"),
            LEFT,
            ls.Ball((0.0, 0.0), 0.45),
            "stands between the source and what lies behind",
        ),
        (
            HOLE,
            LEFT,
            RIGHT,
            "must be positive and finite in source and target",
        ),
    ],
)
def test_refuses_in_one_line(landscape, source, target, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        ls.plane_reactive_current(
            landscape, ls.LossProportionalNoise(0.1), source, target, n_cells=100
        )
    assert "\n" not in str(refusal.value)
