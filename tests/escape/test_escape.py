"""One statement of an escape, one type of rate: what is found, what is refused, what agrees."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.escape.methods.splitting import splitting_rate_at_step

WELL = ls.QuarticDoubleWell.from_loss_ratio(3.0, 0.25)
PLANE = ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (2.0,))
SGD = {"learning_rate": 0.1, "batch_size": 1}


def test_what_is_stated_is_found():
    escape = ls.Escape(WELL, **SGD)
    assert (escape.start, escape.dimension, escape.outlier_curvature) == ((-1.0,), 1, 2.0)
    assert escape.target == ls.HalfSpace(1.0, (1.0,))
    assert escape.temperature == 0.2
    assert escape.noise == ls.LossProportionalNoise(0.2)
    with pytest.raises(AttributeError):
        escape.temperature = 0.3


@pytest.mark.parametrize("noise", ["isotropic", "hessian", "constant", "constant-hessian"])
def test_temperature_name_and_model_state_the_same(noise):
    by_sgd = ls.Escape(PLANE, **SGD, noise=noise)
    by_temperature = ls.Escape(PLANE, temperature=0.2, noise=noise)
    by_model = ls.Escape(PLANE, noise=by_sgd.noise)
    for other in (by_temperature, by_model):
        assert other.temperature == pytest.approx(0.2, rel=1e-12)
        assert other.formula().log_rate == pytest.approx(by_sgd.formula().log_rate, rel=1e-12)
        assert other.learning_rate is None
    assert by_temperature.noise.matrix(2) == pytest.approx(by_sgd.noise.matrix(2), rel=1e-12)


def test_what_an_outlier_curvature_changes():
    # Twice h_e* = 2: of the noise model, and of the temperature in the formula.
    for noise, of_noise, of_formula in (("isotropic", 2, 2), ("hessian", 1, 2)):
        plain, changed = (
            ls.Escape(PLANE, **SGD, noise=noise, outlier_curvature=h) for h in (None, 4)
        )
        assert changed.noise.matrix(2) == pytest.approx(of_noise * plain.noise.matrix(2))
        assert changed.temperature == of_formula * plain.temperature
    for noise, of_noise in (("isotropic", 1.0), ("hessian", 0.5)):
        plain, changed = (
            ls.Escape(PLANE, temperature=0.2, noise=noise, outlier_curvature=h) for h in (None, 4)
        )
        assert changed.noise.matrix(2) == pytest.approx(of_noise * plain.noise.matrix(2))
        assert changed.temperature == plain.temperature == 0.2


def test_sequences_of_any_kind_state_the_same():
    escape = ls.Escape(WELL, [-1], np.array([1.0]), **SGD, domain=[[-2, 2]])
    assert (escape.start, escape.domain) == ((-1.0,), ((-2.0, 2.0),))


def test_every_error_is_relative_and_underflow_loses_nothing():
    escape = ls.Escape(WELL, learning_rate=0.0005, batch_size=1)
    formula, exact = escape.formula(), escape.exact()
    assert formula.rate == exact.rate == 0.0
    assert formula.log_rate == pytest.approx(exact.log_rate, abs=2e-3)  # 1 + O(T), T = 1e-3
    interval = exact.interval
    assert interval.low == 0.0
    assert interval.log_low < exact.log_rate < interval.log_high
    assert exact.relative_discretisation_error < 1e-8
    assert (formula.interval, formula.effective_events, exact.confidence_level) == (None,) * 3


def test_splitting_at_a_step_has_effective_events_and_no_events():
    rate = splitting_rate_at_step(
        ls.Escape(WELL, **SGD), relaxation_time_step=0.2, relative_error=0.4
    )
    assert rate.n_events is None
    assert rate.effective_events == round(rate.relative_standard_error**-2)
    assert rate.detail.time_steps == (0.2 / 2.0 * WELL.floor,)
    assert rate.relative_discretisation_error is None


def test_answers_lie_side_by_side():
    escape = ls.Escape(PLANE, **SGD)
    # One set of settings serves every method.
    answers = [escape.rate(method, n_cells=60, seed=1) for method in ("formula", "exact")]
    table = ls.rates(answers).table()
    assert list(table.index) == ["formula", "exact"]
    assert table["rate"].tolist() == [answer.rate for answer in answers]
    assert math.isnan(table.loc["formula", "low"])
    assert ls.rates(answers).rows()[1]["log_rate"] == answers[1].log_rate


def test_labels_tell_answers_of_one_method_apart():
    answers = {T: ls.Escape(WELL, temperature=T).formula() for T in (0.1, 0.2)}
    table = ls.rates(answers).table()
    assert (table.index.name, list(table.index)) == ("label", [0.1, 0.2])
    assert table["method"].tolist() == ["formula"] * 2
    assert table.loc[0.2, "rate"] == answers[0.2].rate
    pairs = {("quartic", T): answer for T, answer in answers.items()}
    assert [row["label"] for row in ls.rates(pairs).rows()] == list(pairs)
    assert ls.rates(pairs).table()["rate"].tolist() == table["rate"].tolist()


@pytest.mark.parametrize("none", [[], {}, [1], {"a": "b"}, 5, "ab", None])
def test_what_is_no_rate_lies_in_no_table(none):
    with pytest.raises(ls.InputError, match="rates takes one Rate or more"):
        ls.rates(none)
    with pytest.raises(ls.InputError, match="rates takes one Rate or more"):
        ls.rates(ls.Escape(WELL, temperature=0.2).formula())


def test_a_method_of_your_own_needs_one_registration():
    def half_rate(problem, *, share=0.5):
        return ls.Rate("half", math.log(share), share, detail=problem.dimension)

    half = ls.Method("half", half_rate)
    ls.register_method(half)
    ls.register_method(half)  # the same again is no other
    escape = ls.Escape(WELL, **SGD)
    assert escape.rate("half").rate == 0.5
    assert escape.rate("half", share=0.25, seed=3).rate == 0.25
    with pytest.raises(ls.InputError, match="already"):
        ls.register_method(ls.Method("half", half_rate))


@pytest.mark.parametrize(
    ("landscape", "settings", "message"),
    [
        (WELL, {}, "give learning_rate and batch_size, or temperature"),
        (WELL, {"learning_rate": 0.1}, "give learning_rate"),
        (WELL, {**SGD, "temperature": 0.1}, "in their place"),
        (WELL, {"temperature": -0.1}, "temperature must be"),
        (WELL, {"learning_rate": 0.1, "batch_size": 0}, "batch_size must be"),
        (WELL, {"learning_rate": 1.5, "batch_size": 1}, "diverge"),
        (WELL, {**SGD, "noise": "pink"}, "noise 'pink' is unknown; choose one of isotropic"),
        (WELL, {**SGD, "noise": ls.ConstantNoise(0.1)}, "leave learning_rate"),
        (WELL, {"noise": ls.ConstantNoise(-0.1)}, "diffusion=-0.1"),
        (WELL, {**SGD, "noise": ls.ConstantNoise}, r"ConstantNoise is a class; .*ConstantNoise\("),
        *(
            (WELL, {"noise": ls.ConstantNoise(value)}, "must be made of numbers")
            for value in ("a", None, [0.1], 1j, 10**400)
        ),
        (WELL, {"noise": 5}, "noise 5 does not say 'name'"),
        (WELL, {"noise": "pink"}, "noise 'pink' is unknown"),
        (WELL, {"temperature": 10**400}, "temperature must be a positive finite number"),
        (WELL, {"temperature": True}, "temperature must be .* got True"),
        (WELL, {"temperature": 0.2, "outlier_curvature": math.nan}, "outlier_curvature must be"),
        (WELL, {**SGD, "outlier_curvature": "1"}, "outlier_curvature must be .* got '1'"),
        (WELL, {"noise": ls.ConstantNoise(0.1), "outlier_curvature": 2.0}, "leave outlier_curv"),
        (WELL, {"noise": ls.ConstantNoise(0.1), "outlier_curvature": 0}, "outlier_curvature must"),
        *(
            (WELL, {**SGD, name: value}, f"{name} must be finite numbers")
            for name in ("start", "target")
            for value in (1.0, ("a",), "x", ((1,),), (math.nan,), ())
        ),
        *(
            (WELL, {**SGD, "target_radius": value}, "target_radius must be a positive")
            for value in ("x", math.nan, -1.0, 0.0)
        ),
        *(
            (no_landscape, SGD, "landscape must have")
            for no_landscape in (None, "x", 5, type(WELL))
        ),
        *(
            (WELL, {**SGD, "domain": value}, "an interval .* for each of 1 coordinates")
            for value in ("a", 5, ((-2, 2, 3),), (("a", "b"),), ((math.nan, 2.0),))
        ),
        (WELL, {**SGD, "domain": ((-0.9, 2.0),)}, "does not hold the start's minimum"),
        (WELL, {**SGD, "domain": ((-2.0, 0.9),)}, "does not hold the target"),
        (PLANE, {**SGD, "domain": ((-2.0, 2.0), (0.1, 1.0))}, "does not hold the start's minimum"),
        (PLANE, {**SGD, "domain": ((-2.0, 0.9), (-1.0, 1.0))}, "does not hold the target"),
        (WELL, {**SGD, "domain": ((-1.0, 1.0), (0.0, 1.0))}, "interval .* for each of 1 coord"),
        (PLANE, {**SGD, "domain": ((-3.0, 3.0), (1.0, -1.0))}, "domain"),
        (PLANE, {**SGD, "start": (-1.0,), "target": (1.0,)}, "coordinates"),
        (PLANE, {**SGD, "target_radius": 2.5}, "lower it"),
        (PLANE, {"noise": ls.HessianAlignedNoise.from_hessian([[1.0]], 0.1, 1)}, "1 directions"),
    ],
)
def test_a_bad_statement_is_refused_in_one_line(landscape, settings, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        ls.Escape(landscape, **settings)
    assert "\n" not in str(refusal.value)


def test_frozen_directions_keep_the_domain():
    plane = ls.Landscape.from_expression("0.25 + (x**2 - 1)**2 + y**2", "x,y", [(-2, 2), (-2, 2)])
    asked = {"start": (-1, 0), "target": (1, 0), "temperature": 0.4, "n_outliers": 1}
    whole = ls.Escape(plane, **asked).exact()
    cut = ls.Escape(plane, **asked, domain=((-9, 9), (-0.1, 0.1)))
    assert sorted(map(abs, cut.domain[0])) == pytest.approx([8.0, 10.0])
    assert cut.exact().log_rate == pytest.approx(whole.log_rate, abs=1e-6)
    with pytest.raises(ls.InputError, match="the domain cuts the well off"):
        ls.Escape(plane, **asked, domain=((-1.3, 1.3), (-2, 2))).exact()


def test_a_domain_that_is_no_box_on_the_section_is_refused():
    turned = ls.Landscape.from_expression(
        "0.25 + ((0.6*x + 0.8*y)**2 - 1)**2 + (0.8*x - 0.6*y)**2 + 0.1*z**2", "x,y,z"
    )
    start, domain = (-0.6, -0.8, 0.0), ((-9.0, 9.0), (-9.0, 9.0), (-1.0, 1.0))
    asked = {"start": start, "target": tuple(-x for x in start), "temperature": 0.4}
    with pytest.raises(ls.InputError, match=r"is no box .* leave domain out, or n_outliers"):
        ls.Escape(turned, **asked, n_outliers=2, domain=domain)
    assert ls.Escape(turned, **asked, n_outliers=1, domain=domain).domain is not None


def test_an_unknown_method_or_setting_is_refused():
    escape = ls.Escape(WELL, **SGD)
    with pytest.raises(ls.InputError, match="method 'guess' is unknown; choose one of formula"):
        escape.rate("guess")
    with pytest.raises(ls.InputError, match="no method has the setting 'sead'"):
        escape.rate("formula", sead=1)
    four = ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (2.0, 2.5, 3.0))
    with pytest.raises(ls.InputError, match=r"in 4 dimensions.*axis of symmetry.*simulate"):
        ls.Escape(four, **SGD).exact()
