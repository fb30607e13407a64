"""The power law: its factors, its forms, its symmetries, and how it becomes exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape_sim.dynamics import ConstantNoise, LossProportionalNoise
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import CriticalPoint, QuarticDoubleWell, find_escape_route
from landscape_sim.theory.arrhenius import eyring_kramers_rate, frozen_noise_diffusion
from landscape_sim.theory.parallel_passes import sum_over_passes
from landscape_sim.theory.power_law import (
    effective_temperature,
    power_law_escape_rate,
    power_law_exponent,
)
from landscape_sim.theory.stability import critical_dimension, critical_learning_rate
from landscape_sim.validation import InputError


def point(loss, *eigenvalues):
    n = len(eigenvalues)
    return CriticalPoint((0.0,) * n, loss, np.array(eigenvalues), np.eye(n))


def rate_at(route, temperature):
    return power_law_escape_rate(
        route.minimum,
        route.saddle,
        learning_rate=temperature / route.outlier_curvature,
        batch_size=1,
        outlier_curvature=route.outlier_curvature,
    )


def test_three_dimensions_factor_by_factor():
    found = power_law_escape_rate(
        point(0.5, 2.0, 3.0, 4.0),
        point(2.0, -1.0, 3.0, 8.0),
        learning_rate=0.1,
        batch_size=2,
        outlier_curvature=4.0,
    )
    assert found.temperature == pytest.approx(0.2)
    assert found.attempt_frequency == pytest.approx(1 / (2 * math.pi))
    assert found.determinant_factor == pytest.approx(1.0)  # 24 against 24
    assert found.loss_ratio == pytest.approx(4.0)
    assert found.exponent == pytest.approx(5 + 1 - 1.5)
    assert found.critical_dimension == pytest.approx(12.0)  # h_max = h* = 4
    assert found.rate == pytest.approx(4**-4.5 / (2 * math.pi))
    assert found.is_stable
    assert found.warning is None
    # Eq. (15) as printed has sqrt(h_e* |h_e^s|), and no determinants.
    assert found.forms["printed"] == pytest.approx(math.sqrt(4.0 * 1.0) / (2 * math.pi) * 4**-4.5)
    assert found.forms["eyring-kramers"] == found.rate


@given(st.lists(st.floats(0.1, 10.0), max_size=3), st.floats(0.1, 10.0), st.floats(0.1, 10.0))
def test_both_forms_are_one_where_the_theorem_holds(across, along, saddle):
    """The curvatures across the escape are those of the minimum, as its proof assumes."""
    found = power_law_escape_rate(
        point(0.5, along, *across),
        point(2.0, -saddle, *across),
        learning_rate=0.01,
        batch_size=1,
        outlier_curvature=along,
    )
    assert found.log_rate_printed == pytest.approx(found.log_rate, rel=1e-12, abs=1e-12)


def test_forms_add_over_passes():
    minimum = point(0.5, 2.0, 3.0)
    sgd = {"learning_rate": 0.1, "batch_size": 1, "outlier_curvature": 2.0}
    laws = [power_law_escape_rate(minimum, point(2.0, -1.0, k), **sgd) for k in (1.0, 5.0)]
    both = sum_over_passes(laws)
    for form in ("eyring-kramers", "printed"):
        assert both.forms[form] == pytest.approx(sum(law.forms[form] for law in laws))


def test_stability_is_a_matter_of_the_largest_curvature():
    """Eq. (16): at h_e* alone, n_c would be 22 and the minimum stable."""
    found = power_law_escape_rate(
        point(0.5, 1.0, *[20.0] * 5),
        point(2.0, -1.0, *[20.0] * 5),
        learning_rate=0.1,
        batch_size=1,
        outlier_curvature=1.0,
    )
    assert found.critical_dimension == pytest.approx(2 * (1 / (0.1 * 20.0) + 1))
    assert not found.is_stable
    critical = critical_learning_rate(6, batch_size=1, largest_curvature=20.0)
    assert critical == pytest.approx(2 / 4 / 20.0)
    assert critical_dimension(critical * 20.0) == pytest.approx(6.0)
    assert critical_learning_rate(2, batch_size=1, largest_curvature=20.0) == math.inf


def test_beyond_the_critical_dimension_the_result_warns():
    n = 6
    found = power_law_escape_rate(
        point(1.0, *[1.0] * n),
        point(2.0, -1.0, *[1.0] * (n - 1)),
        learning_rate=1.0,
        batch_size=1,
        outlier_curvature=0.5,
    )
    assert found.critical_dimension == pytest.approx(4.0)  # h_max = 1
    assert not found.is_stable
    assert "critical dimension" in str(found.warning)


@given(
    learning_rate=st.floats(1e-4, 1.0),
    batch_size=st.integers(1, 1000),
    scale=st.floats(1e-3, 1e3),
    n=st.integers(1, 5),
)
def test_units(learning_rate, batch_size, scale, n):
    """Doubling the loss and halving the learning rate is the same SGD in another unit of t."""
    minimum, saddle = point(0.5, *[2.0] * n), point(1.5, -1.0, *[2.0] * (n - 1))
    one = power_law_escape_rate(
        minimum,
        saddle,
        learning_rate=learning_rate,
        batch_size=batch_size,
        outlier_curvature=2.0,
    )
    other = power_law_escape_rate(
        point(scale * 0.5, *[scale * 2.0] * n),
        point(scale * 1.5, -scale, *[scale * 2.0] * (n - 1)),
        learning_rate=learning_rate / scale,
        batch_size=batch_size,
        outlier_curvature=scale * 2.0,
    )
    assert other.temperature == pytest.approx(one.temperature)
    assert other.log_rate - math.log(scale) == pytest.approx(one.log_rate, rel=1e-9, abs=1e-9)
    assert one.exponent == pytest.approx(power_law_exponent(one.temperature, n))
    assert one.temperature == pytest.approx(effective_temperature(learning_rate, batch_size, 2.0))


TEMPERATURES = 0.1 / 2.0 ** np.arange(5)


def deviations(log_rate_of):
    """``(log κ − log κ_exact)/T`` on the quartic, for temperatures halved four times."""
    well = QuarticDoubleWell.from_loss_ratio(3.0, 0.25)
    route = find_escape_route(well)
    return np.array(
        [
            (
                log_rate_of(route, temperature)
                - line_mean_first_passage_time(
                    well, LossProportionalNoise(temperature), -1.0, 1.0
                ).log_rate
            )
            / temperature
            for temperature in TEMPERATURES
        ]
    )


def converges_linearly(scaled):
    """Whether ``deviation/T`` has a finite limit ``c``: then it is ``c + O(T)``.

    Successive differences of ``c + d T + O(T²)`` halve with ``T``; the O(T²) term
    shifts that ratio by O(T), bounded here by the largest temperature, 0.1.
    """
    ratios = np.diff(scaled)[1:] / np.diff(scaled)[:-1]
    return bool(np.all(np.abs(ratios - 0.5) < 0.1))


def test_formula_converges_to_the_exact_rate_linearly_in_the_temperature():
    assert converges_linearly(deviations(lambda route, t: rate_at(route, t).log_rate))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda route, t: rate_at(route, t).log_rate - 0.5 * math.log(3.0),  # n/2 missing
        lambda route, t: rate_at(route, t).log_rate + math.log(2.0),  # factor two
        lambda route, t: (
            eyring_kramers_rate(
                route.minimum, route.saddle, frozen_noise_diffusion(route.minimum.loss, t)
            ).log_rate
        ),
    ],
)
def test_wrong_formulas_do_not_converge(wrong):
    assert not converges_linearly(deviations(wrong))


def test_arrhenius_converges_to_the_exact_rate_of_constant_noise():
    well = QuarticDoubleWell.from_loss_ratio(3.0, 1.0)
    route = find_escape_route(well)
    scaled = np.array(
        [
            (
                eyring_kramers_rate(route.minimum, route.saddle, diffusion).log_rate
                - line_mean_first_passage_time(well, ConstantNoise(diffusion), -1.0, 1.0).log_rate
            )
            / diffusion
            for diffusion in TEMPERATURES / 4
        ]
    )
    assert converges_linearly(scaled)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"batch_size": -1}, "batch_size"),
        ({"outlier_curvature": math.nan}, "outlier_curvature"),
        ({"minimum": point(0.0, 1.0)}, "positive"),
        ({"minimum": point(1.0, -1.0)}, "minimum"),
        ({"saddle": point(2.0, 1.0)}, "saddle"),
        ({"saddle": point(0.5, -1.0)}, "saddle"),
        ({"saddle": point(2.0, -1.0, 1.0)}, "equally many"),
    ],
)
def test_refuses_in_one_line(change, message):
    arguments = {
        "minimum": point(1.0, 1.0),
        "saddle": point(2.0, -1.0),
        "learning_rate": 0.1,
        "batch_size": 1,
        "outlier_curvature": 1.0,
        **change,
    }
    minimum, saddle = arguments.pop("minimum"), arguments.pop("saddle")
    with pytest.raises(InputError, match=message) as refusal:
        power_law_escape_rate(minimum, saddle, **arguments)
    assert "\n" not in str(refusal.value)
