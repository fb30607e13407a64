"""The formula in its two forms: Eq. (15) as printed, and the prefactor of Eyring and Kramers."""

from __future__ import annotations

import math

import pytest

import landscape_sim as ls
from landscape_sim.comparison.escapes.families import CatalogueFamily
from landscape_sim.escape.methods.formula import power_law_of

#: Its logarithm is separable, with equal curvatures across the escape at minimum and saddle.
SEPARABLE_LOG_LOSS = "0.5*exp(1.4*(x**2 - 1)**2 + y**2)"


def separable_log_loss(temperature):
    landscape = ls.Landscape.from_expression(SEPARABLE_LOG_LOSS, "x,y", [(-2, 2), (-2, 2)])
    return ls.Escape(landscape, (-1.0, 0.0), (1.0, 0.0), temperature=temperature, noise="hessian")


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("quartic", 1.0),
        ("separable-2d", 1.0),
        ("separable-4d", 1.0),
        ("curved-valley", 0.43),
        ("mueller-brown", 0.347),
        ("bent-channel", 0.929),
    ],
)
def test_ratio_of_the_forms_on_the_catalogue(name, ratio):
    family = CatalogueFamily(landscape=name)
    law = ls.Escape(family.at(4.0), *family.wells(), temperature=0.1).formula().detail
    # The ratio is known to three digits.
    assert law.forms["printed"] / law.forms["eyring-kramers"] == pytest.approx(ratio, abs=5e-4)


def test_the_theorem_s_own_landscape():
    """The grid has 3.037e-25 at T = 0.025, its own error below 1e-5 of it."""
    answer = separable_log_loss(0.025).formula()
    assert answer.rate == answer.detail.forms["eyring-kramers"]
    assert f"{answer.rate:.3e}" == "3.013e-25"
    assert f"{answer.detail.forms['printed']:.2e}" == "6.07e-25"
    # By hand: minimum (5.6, 1) and saddle (-5.6, 1)·e^1.4 are the eigenvalues, L^s/L* = e^1.4.
    ratio = answer.detail.forms["printed"] / answer.rate
    assert ratio == pytest.approx(math.exp(1.4 / 2))


@pytest.mark.slow
def test_the_printed_form_stays_off_by_the_power_of_the_loss_ratio():
    exact = separable_log_loss(0.025).exact()
    assert f"{exact.rate:.3e}" == "3.037e-25"
    law = power_law_of(separable_log_loss(0.025))
    # Kramers' correction is of order T; the printed form misses (L^s/L*)^(1/2) = 2.01.
    assert abs(law.log_rate - exact.log_rate) < 0.025
    assert law.log_rate_printed - exact.log_rate == pytest.approx(0.7, abs=0.025)


def valley(noise):
    """Three dimensions of curvature 160 across an escape of h_e* = 2, at T = 0.5."""
    well = ls.SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (160.0, 160.0))
    return ls.Escape(well, learning_rate=0.01, batch_size=0.04, noise=noise)


def test_stability_is_that_of_the_strongest_noise():
    """Isotropic noise has n_c = 2 (1/T + 1) = 6 whatever the valley; aligned noise has h_max."""
    assert valley("isotropic").formula().detail.critical_dimension == pytest.approx(6.0)
    # 2 (0.04/(0.01·160) + 1) = 2.05, and n = 3.
    with pytest.raises(ls.InputError, match=r"n = 3 outliers reach .* n_c = 2\.05"):
        valley("hessian").formula()
