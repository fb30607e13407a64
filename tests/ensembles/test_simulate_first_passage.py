"""Simulated first passages against exact means, and the promises of the interface.

Means are compared within z = 4.4 standard errors (false alarm 1.1e-5 a check,
seeds fixed) plus the scheme's own bias, bounded by its size at twice the step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics import (
    ConstantNoise,
    EulerMaruyama,
    LeimkuhlerMatthews,
    LossProportionalNoise,
    Milstein,
    TimeChangedEuler,
)
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.estimators import extrapolate_to_zero_step
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import (
    Ball,
    HalfSpace,
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
)
from landscape_sim.validation import InputError

Z = 4.4
TEMPERATURE = 0.25
WELL = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
TILTED = TiltedDoubleWell.from_loss_ratio(2.0, 0.25, 0.3)
FOUR_D = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0, 1.0, 3.0))
ACROSS = HalfSpace.beyond((1.0,), seen_from=(-1.0,))


def simulate(landscape=WELL, noise=None, *, n_paths=20_000, time_step=0.01, target=ACROSS, **more):
    return simulate_first_passage(
        landscape,
        EulerMaruyama(noise or LossProportionalNoise(TEMPERATURE), time_step),
        more.pop("start", (-1.0,)),
        target,
        n_paths=n_paths,
        max_time=more.pop("max_time", 1e7),
        seed=more.pop("seed", 2),
        **more,
    )


def deviation(sample, exact):
    """Deviation of the sample's mean from the exact one, in standard errors."""
    assert not sample.is_censored.any()
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    return (sample.times.mean() - exact) / error


@pytest.mark.parametrize("landscape", [WELL, TILTED])
def test_loss_proportional_noise_agrees_with_quadrature(landscape):
    exact = line_mean_first_passage_time(
        landscape, LossProportionalNoise(TEMPERATURE), -1.0, 1.0
    ).mean_time
    sample = simulate(landscape)
    assert abs(deviation(sample, exact)) < Z
    # Negative controls: the other noise model, frozen at the minimum, and a tenth more of T.
    frozen = line_mean_first_passage_time(
        landscape, ConstantNoise(TEMPERATURE * landscape.loss((-1.0,))), -1.0, 1.0
    )
    hotter = line_mean_first_passage_time(
        landscape, LossProportionalNoise(1.1 * TEMPERATURE), -1.0, 1.0
    )
    assert abs(deviation(sample, frozen.mean_time)) > Z
    assert abs(deviation(sample, hotter.mean_time)) > Z


def test_constant_noise_agrees_with_quadrature_in_one_and_in_four_dimensions():
    # Under constant noise the directions of a separable landscape do not interact.
    exact = line_mean_first_passage_time(WELL, ConstantNoise(0.1), -1.0, 1.0).mean_time
    zeros = (0.0, 0.0, 0.0)
    plane = HalfSpace.beyond((1.0, *zeros), seen_from=(-1.0, *zeros))
    assert abs(deviation(simulate(WELL, ConstantNoise(0.1)), exact)) < Z
    four = simulate(FOUR_D, ConstantNoise(0.1), target=plane, start=(-1.0, *zeros))
    assert abs(deviation(four, exact)) < Z


class Bowl(NamedTuple):
    """``L = L* + h |x|²/2`` in four dimensions."""

    floor: float
    curvature: float

    def loss(self, x):
        square = x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]
        return self.floor + 0.5 * self.curvature * square

    def gradient(self, x):
        h = self.curvature
        return (h * x[0], h * x[1], h * x[2], h * x[3])


class Outside(NamedTuple):
    """Everything outside a sphere about the origin."""

    radius: float
    dimension = 4

    def distance(self, x):
        square = x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]
        return self.radius - np.sqrt(square)

    def direction(self, x):
        r = self.radius - self.distance(x)
        return (x[0] / r, x[1] / r, x[2] / r, x[3] / r)


def radial_mean_time(floor, curvature, radius, temperature, n):
    """Mean exit time from the centre of a ball under loss-proportional noise, by quadrature."""
    from scipy.integrate import quad

    def loss(r):
        return floor + 0.5 * curvature * r * r

    def inner(r):
        return quad(lambda s: s ** (n - 1) * loss(s) ** -(1 + 1 / temperature), 0, r)[0]

    def outer(r):
        return r ** (1 - n) * loss(r) ** (1 / temperature) * inner(r) / temperature

    return quad(outer, 1e-12, radius)[0]


def test_loss_proportional_noise_agrees_with_the_radial_solution_in_four_dimensions():
    exact = radial_mean_time(0.2, 2.0, 0.8, TEMPERATURE, 4)
    sample = simulate(
        Bowl(0.2, 2.0), target=Outside(0.8), start=(0.0,) * 4, time_step=0.0025, n_paths=20_000
    )
    assert abs(deviation(sample, exact)) < Z
    wrong_dimension = radial_mean_time(0.2, 2.0, 0.8, TEMPERATURE, 3)
    assert abs(deviation(sample, wrong_dimension)) > Z


def test_boundary_shift_removes_the_bias_of_discrete_observation():
    # To a plane short of the saddle, where the noise is strong; plain Euler is late.
    plane = HalfSpace.beyond((-0.4,), seen_from=(-1.0,))
    exact = line_mean_first_passage_time(
        WELL, LossProportionalNoise(TEMPERATURE), -1.0, -0.4
    ).mean_time
    coarse = {"target": plane, "time_step": 0.02, "n_paths": 40_000}
    assert abs(deviation(simulate(**coarse), exact)) < Z
    assert deviation(simulate(**coarse, boundary_shift=False), exact) > Z


@pytest.mark.parametrize(
    ("scheme", "unit"),
    [
        (EulerMaruyama, 1.0),
        (Milstein, 1.0),
        (TimeChangedEuler, WELL.floor),
        (LeimkuhlerMatthews, WELL.floor),
    ],
)
def test_every_scheme_extrapolates_to_the_exact_mean(scheme, unit):
    # Steps at which the error is linear; Milstein's, the largest, is 2 to 8 %.
    steps, n_paths = (0.0125, 0.025, 0.05), 60_000
    exact = line_mean_first_passage_time(
        WELL, LossProportionalNoise(TEMPERATURE), -1.0, 1.0
    ).mean_time
    means = []
    for step in steps:
        dynamics = scheme(LossProportionalNoise(TEMPERATURE), step * unit)
        sample = simulate_first_passage(
            WELL, dynamics, (-1.0,), ACROSS, n_paths=n_paths, max_time=1e7, seed=int(1e6 * step)
        )
        means.append(sample.times.mean())
    fit = extrapolate_to_zero_step(steps, means, [exact / math.sqrt(n_paths)] * 3)
    # What is left is of second order: the square of the correction at the largest step.
    left = exact * (4 * fit.correction / exact) ** 2
    assert abs(fit.value - exact) < Z * fit.standard_error + left
    if scheme is Milstein:
        assert abs(means[-1] - exact) > Z * exact / math.sqrt(n_paths)


def test_sample_depends_on_seed_and_path_alone():
    one = simulate(n_paths=500, n_threads=1)
    for n_threads in (2, 3):
        many = simulate(n_paths=500, n_threads=n_threads)
        np.testing.assert_array_equal(one.times, many.times)
        np.testing.assert_array_equal(one.is_censored, many.is_censored)
    np.testing.assert_array_equal(one.times[:70], simulate(n_paths=70).times)
    assert np.any(one.times != simulate(n_paths=500, seed=3).times)


def test_censoring_cuts_the_very_same_paths():
    free = simulate(n_paths=500)
    cut = simulate(n_paths=500, max_time=100.0)
    np.testing.assert_array_equal(cut.is_censored, free.times > 100.0)
    np.testing.assert_allclose(cut.times, np.minimum(free.times, 100.0))
    # A path ends with a block, of at most 128 steps.
    assert 0 <= cut.path_steps - cut.times.sum() / 0.01 < 500 * 128


def test_paths_that_all_end_at_the_same_step_are_all_run():
    # More paths than are handed out at once, censored together in their second block.
    sample = simulate(n_paths=2000, max_time=0.0131, time_step=1e-4, n_threads=1)
    assert sample.is_censored.all()
    np.testing.assert_allclose(sample.times, 0.0131)


def test_progress_ends_at_the_number_of_paths():
    reported: list[int] = []
    simulate(n_paths=300, progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 300


class Cliff(NamedTuple):
    """A loss that turns negative on the way."""

    slope: float

    def loss(self, x):
        return -self.slope * x[0]

    def gradient(self, x):
        return (-self.slope + 0.0 * x[0],)


class Overflowing(NamedTuple):
    """A parabola whose loss, but not its gradient, is infinite to the left of ``edge``."""

    edge: float

    def loss(self, x):
        return np.inf if x[0] < self.edge else 1.0 + 0.5 * x[0] ** 2

    def gradient(self, x):
        return (x[0],)


class Jump(NamedTuple):
    """A parabola whose gradient leads from the left of ``edge`` beyond every target."""

    edge: float

    def loss(self, x):
        return 1.0 + 0.5 * x[0] ** 2

    def gradient(self, x):
        return (-np.inf if x[0] < self.edge else x[0],)


@pytest.mark.parametrize(
    ("landscape", "dynamics"),
    [
        (Overflowing, LeimkuhlerMatthews(LossProportionalNoise(0.4), 0.05)),
        (Overflowing, EulerMaruyama(LossProportionalNoise(0.4), 0.05)),
        (Jump, EulerMaruyama(ConstantNoise(0.4), 0.05)),
    ],
)
def test_an_overflow_is_neither_a_wall_nor_an_arrival(landscape, dynamics):
    def sample(edge):
        target = HalfSpace(3.0, (1.0,))
        return simulate_first_passage(
            landscape(edge), dynamics, (0.0,), target, n_paths=20, max_time=1e4
        )

    with pytest.raises(InputError, match="not positive and finite"):
        sample(-1.0)
    # Negative control: where no path comes there is nothing wrong.
    assert sample(-1e9).n_events > 0


def test_an_exploding_path_is_refused_and_never_counts_as_arrived():
    well = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0,))
    hot = LossProportionalNoise(5.0)
    with pytest.raises(InputError, match="not positive and finite"):
        simulate(
            well,
            hot,
            target=Ball((1.0, 0.0), 0.25),
            start=(-1.0, 0.0),
            time_step=0.9,
            n_paths=50,
            max_time=1e3,
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_paths": 0}, "n_paths"),
        ({"n_paths": 2.5}, "n_paths"),
        ({"seed": -1}, "seed"),
        ({"max_time": 0.0}, "max_time"),
        ({"max_time": math.inf}, "max_time"),
        ({"time_step": -0.1}, "time_step"),
        ({"max_time": 1e30}, "max_time"),
        ({"n_threads": -1}, "n_threads"),
        ({"start": (1.5,)}, "inside the target"),
        ({"n_threads": 0}, "n_threads"),
        ({"start": (-1.0, 0.0)}, "coordinates"),
        ({"target": Ball((1.0, 0.0), 0.25)}, "must have 2 coordinates"),
        ({"start": (-1.0, 0.0), "target": Ball((1.0, 0.0), 0.25)}, "QuarticDoubleWell.* another"),
        ({"start": (math.nan,)}, "finite"),
        ({"noise": LossProportionalNoise(-0.1)}, "temperature=-0.1"),
        ({"noise": ConstantNoise(math.nan)}, "diffusion=nan"),
        ({"landscape": QuarticDoubleWell(-0.1, 0.25)}, "loss at the start"),
        ({"landscape": Cliff(1.0), "n_paths": 50}, "not positive and finite"),
    ],
)
def test_refuses_in_one_line(change, message):
    with pytest.raises(InputError, match=message) as refusal:
        simulate(**{"n_paths": 10, **change})
    assert "\n" not in str(refusal.value)
