"""``L^−φ`` over any line: against closed forms, and against samples from a double well."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy.integrate import trapezoid

from landscape_sim.dynamics import LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.ensembles import sample_stationary
from landscape_sim.estimators import QuadraticValleyFamily, fit_stationary_exponent
from landscape_sim.landscapes import QuadraticBowl, QuarticDoubleWell
from landscape_sim.theory.one_dimensional_family import OneDimensionalFamily
from landscape_sim.theory.stationary import ValleyDensity, stationary_exponent
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5
TEMPERATURE = 0.25
WELL = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)


class Ripple(NamedTuple):
    """A loss that does not confine."""

    floor: float

    def loss(self, x):
        return self.floor + 1 - np.cos(x[0])

    def gradient(self, x):
        return (np.sin(x[0]),)

    def hessian(self, x):
        return np.array([[np.cos(x[0])]])

    def search_box(self):
        return ((-4.0, 4.0),)


@pytest.mark.parametrize("exponent", [0.6, 1.0, 4.0, 60.0])
def test_quadrature_agrees_with_the_closed_form(exponent):
    family = OneDimensionalFamily(QuadraticBowl(0.4, (2.0,)))
    exact = ValleyDensity(exponent, 0.4, (2.0,))
    assert family.log_normalisation(exponent) == pytest.approx(exact.log_normalisation, abs=1e-8)
    mean = QuadraticValleyFamily(1, 0.4).mean_log_loss(exponent)
    assert family.mean_log_loss(exponent) == pytest.approx(mean, rel=1e-7)


def test_density_of_a_double_well_is_normalised():
    family = OneDimensionalFamily(WELL)
    assert family.lowest_exponent == pytest.approx(1 / 4)
    x = np.linspace(-30, 30, 60_001)
    assert trapezoid(np.exp(family.log_density(x, 5.0)), x) == pytest.approx(1, abs=1e-8)


def test_samples_of_a_double_well_have_the_exponent_of_the_theory():
    sample = sample_stationary(
        WELL,
        LeimkuhlerMatthews(LossProportionalNoise(TEMPERATURE), 0.005),
        (-1.0,),
        n_paths=640,
        n_samples=200,
        sampling_interval=0.5,
        burn_in=100.0,
        seed=3,
    )
    log_loss = np.log(WELL.loss((sample.positions[:, :, 0],)))
    exponent = stationary_exponent(TEMPERATURE)
    family = OneDimensionalFamily(WELL)
    fit = fit_stationary_exponent(log_loss, family, sample.weights)
    assert abs(fit.exponent - exponent) < Z * fit.standard_error
    in_tau = fit_stationary_exponent(log_loss, family)
    assert abs(in_tau.exponent - (exponent - 1)) < Z * in_tau.standard_error
    # Negative controls: without the weights, and as if the well were a parabola.
    assert abs(in_tau.exponent - exponent) > Z * in_tau.standard_error
    parabola = fit_stationary_exponent(
        log_loss, QuadraticValleyFamily(1, WELL.floor), sample.weights
    )
    assert abs(parabola.exponent - exponent) > Z * parabola.standard_error


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OneDimensionalFamily(WELL).log_normalisation(0.25), "must exceed 0.25"),
        (lambda: OneDimensionalFamily(Ripple(0.1)).lowest_exponent, "does not grow like a power"),
        (
            lambda: OneDimensionalFamily(QuarticDoubleWell(-0.1, 1.0)).mean_log_loss(2.0),
            "positive and finite",
        ),
    ],
)
def test_refuses(call, message):
    with pytest.raises(InputError, match=message):
        call()
