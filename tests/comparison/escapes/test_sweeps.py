"""Sweeps: what is written short is the study that is meant, and a case that fails is a row."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes import answers
from landscape_sim.comparison.escapes import case as case_module
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.memory import MemoryShortage
from landscape_sim.plots.rates import plot_rates

WELL = {"landscape": "well", "formula": "a + b*(x**2 - 1)**2", "variables": "x"}
EXACT = {"name": "s", "temperatures": [0.1], "methods": ["formula", "exact"]}


def swept(parameters, combine="product", **changes):
    table = {**WELL, "parameters": parameters, "combine": combine}
    return ls.Study(**EXACT | {"landscapes": [table], **changes})


def test_every_set_of_values_is_the_formula_with_these_numbers():
    study = swept({"a": [0.1, 0.2], "b": {"log": [0.25, 1, 3]}})
    rows = ls.run_study(study).rows()
    assert [(row["parameter_a"], row["parameter_b"]) for row in rows] == [
        (a, b) for a in (0.1, 0.2) for b in (0.25, 0.5, 1.0)
    ]
    assert rows[1]["landscape"] == "well, a = 0.1, b = 0.5"
    for row in rows:
        text = f"{row['parameter_a']} + {row['parameter_b']}*(x**2 - 1)**2"
        escape = ls.Escape(ls.Landscape.from_expression(text, "x"), temperature=0.1)
        assert row["rate_exact"] == escape.exact().rate
        assert row["loss_ratio"] == pytest.approx(1 + row["parameter_b"] / row["parameter_a"])


def test_lists_side_by_side():
    study = swept({"a": [0.1, 0.2], "b": [1, 2]}, "zip")
    assert [family.values for family in study.families] == [
        {"a": 0.1, "b": 1.0},
        {"a": 0.2, "b": 2.0},
    ]
    settings = ls.Study(
        **{**EXACT, "landscapes": [{"landscape": "quartic", "barrier": 1}], "loss_ratios": [2]}
        | {"temperatures": [0.1, 0.2], "noises": ["isotropic", "constant"], "combine": "zip"}
    ).settings
    assert [(s.temperature, s.noise) for s in settings] == [(0.1, "isotropic"), (0.2, "constant")]


def test_a_parameter_costs_no_compilation_a_value():
    study = swept({"a": {"linear": [0.1, 0.3, 3]}, "b": [0.5, -0.0 + 2, 1e-3]})
    landscapes = [family.at(None) for family in study.families]
    assert len(landscapes) == 9
    assert len({type(landscape) for landscape in landscapes}) == 1
    # In an exponent it is another formula.
    power = ls.Landscape.from_expression("a + x**p", "x", parameters={"a": 1, "p": 2})
    other = ls.Landscape.from_expression("a + x**p", "x", parameters={"a": 1, "p": 4})
    assert type(power) is not type(other)


def test_a_temperature_stands_for_learning_rate_and_batch_size():
    content = {"landscapes": [{"landscape": "quartic", "barrier": 0.25}], "loss_ratios": [2]}
    by_temperature = ls.Study(**EXACT | content)
    # h* = 8 · 0.25 = 2.
    by_rate = ls.Study(
        name="s", methods=EXACT["methods"], learning_rates=[0.2], batch_sizes=[4], **content
    )
    (one,), (other,) = ls.run_study(by_temperature).rows(), ls.run_study(by_rate).rows()
    assert one["rate_exact"] == pytest.approx(other["rate_exact"], rel=1e-12)
    assert (one["learning_rate"], one["temperature"]) == (None, 0.1)


def test_repeats_differ_in_their_random_numbers_alone(tmp_path):
    study = swept({"a": [0.2], "b": [0.1]}, methods=["exact", "simulate"], repeats=3, n_paths=20)
    store = CaseStore(tmp_path)
    result = ls.run_study(study, store=store)
    rows = result.rows()
    assert [row["repeat"] for row in rows] == [1, 2, 3]
    assert len({row["rate_simulated"] for row in rows}) == 3
    assert len({row["rate_exact"] for row in rows}) == 1
    assert store.n_computed == 4
    # What is left on the disk is what was simulated.
    assert result.dataset().identical(ls.run_study(study).dataset())


def test_a_landscape_may_have_its_own_effort():
    study = ls.Study(
        name="s",
        landscapes=[
            {"landscape": "quartic", "barrier": 0.25},
            {"landscape": "tilted", "barrier": 0.25, "tilt": 0.01, "n_paths": 7},
        ],
        temperatures=[0.4],
        loss_ratios=[1.3],
        methods=["simulate"],
        n_paths=5,
    )
    result = ls.run_study(study)
    assert [case.sample.times.size for case in result.cases] == [5, 7]
    times = result.dataset()["first_passage_time"]
    assert times.sizes["path"] == 7
    assert np.isnan(times[0, 0, 0]).to_numpy().tolist() == [False] * 5 + [True] * 2
    assert [table.n_paths for table in study.quick().landscapes] == [None, 50]


def test_a_case_without_escape_is_a_row_with_the_reason():
    study = swept({"a": [0.1], "b": [0.5, 0.0, 1.0]})
    result = ls.run_study(study)
    assert result.is_complete
    first, failed, last = result.rows()
    assert failed["landscape"] == "well, b = 0"
    assert "does not depend on 'x'" in failed["refusal"]
    assert failed["rate_exact"] is None
    alone = ls.run_study(swept({"a": [0.1], "b": [0.5, 1.0]})).rows()
    assert [row["rate_exact"] for row in (first, last)] == [row["rate_exact"] for row in alone]
    assert math.isnan(result.dataset()["rate_exact"][1, 0, 0])
    with pytest.raises(ls.InputError, match="does not depend on 'x'"):
        ls.run_study(swept({"a": [0.1], "b": [0.0]}))


@pytest.mark.parametrize("kind", [ls.InputError, MemoryShortage])
def test_a_method_that_refuses_is_a_reason_and_the_study_goes_on(tmp_path, monkeypatch, kind):
    simulate = answers.simulated_rate_at_step

    def refuse(escape, **settings):
        if 0.2 in escape.landscape.constants:
            raise kind("not this one")
        return simulate(escape, **settings)

    monkeypatch.setattr(answers, "simulated_rate_at_step", refuse)
    study = swept({"a": [0.2], "b": [0.1, 0.2, 0.15]}, methods=["simulate"], n_paths=5)
    store = CaseStore(tmp_path)
    result = ls.run_study(study, store=store)
    assert [row["refusal"] for row in result.rows()] == [None, "simulate: not this one", None]
    # What memory refused is asked again, and until then the study is not at its end.
    assert result.is_complete == (kind is ls.InputError)
    assert store.n_computed == (3 if kind is ls.InputError else 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": [1], "b": {"log": [0, 1, 3]}}, r"landscapes\.0\.parameters\.b: log needs .* got 0"),
        ({"a": [1], "b": {"lag": [1, 2, 3]}}, r"parameters\.b: must be a list, \{log"),
        ({"a": [1], "b": {"log": [1, 2, 10**9]}}, r"parameters\.b: log must have 2 to 100000"),
        ({"a": [1], "b": ["x"]}, r"parameters\.b\.0: "),
        ({"a": [1]}, "'b' at character 5 is unknown"),
        ({"a": [1], "b": [1], "c": [1]}, "'c' does not occur"),
        ({"a": [1], "b": [1], "x": [1]}, "'x' is a variable already"),
        ({"a": [1], "b": [1], "exp": [1]}, "'exp' already means something"),
    ],
)
def test_wrong_parameters_are_refused_by_their_key(change, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        swept(change)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperatures": {"log": [1, 2]}}, r"temperatures: log must be \[low, high, n\]"),
        ({"temperatures": [0.1, 0.2], "noises": ["constant"] * 3, "combine": "zip"}, "one length"),
        ({"temperatures": [0.1], "learning_rates": [0.1]}, r"settings\.0: needs learning_rate"),
        ({"repeats": 0}, "^repeats: must be at least 1, got 0; raise it"),
        ({"combine": "pair"}, "^combine: must be 'product' or 'zip', got 'pair'; choose one"),
        ({"loss_ratios": {"linear": [0.5, 2, 3]}}, r"loss_ratios\.0"),
    ],
)
def test_wrong_grids_are_refused_by_their_key(change, message):
    landscapes = [{"landscape": "quartic", "barrier": 0.25}]
    with pytest.raises(ls.InputError, match=message):
        ls.Study(**{**EXACT, "landscapes": landscapes, "loss_ratios": [2], **change})


def test_the_axis_of_the_figure_is_what_has_most_values():
    study = swept({"a": [0.1, 0.2], "b": {"log": [0.5, 4, 5]}}, methods=["formula"])
    figure = plot_rates(ls.run_study(study))
    top, bottom = figure.axes
    assert (bottom.get_xlabel(), top.get_xscale()) == ("b", "log")
    assert [text.get_text() for text in top.get_legend().get_texts()] == ["a = 0.1", "a = 0.2"]
    np.testing.assert_allclose(top.lines[0].get_xdata(), np.geomspace(0.5, 4, 5))
    temperatures = study.changed({"settings": [{"temperature": t} for t in np.arange(1, 8) / 50]})
    figure = plot_rates(ls.run_study(temperatures))
    assert figure.axes[1].get_xlabel() == "temperature $T = η h^*/B$"


def test_a_plan_asks_for_the_steps_of_a_case_only_while_it_is_made(monkeypatch):
    # Later, what was found of the wells of many landscapes is no longer at hand.
    study = swept({"a": [0.1, 0.2], "b": [1.0]}, methods=["simulate"])
    plan = ls.plan_study(study)
    monkeypatch.setattr(case_module, "time_step_at", lambda *given: pytest.fail("asked again"))
    assert plan.path_steps > 0


def test_a_plan_tells_the_path_steps():
    study = ls.Study(
        name="s",
        landscapes=[{"landscape": "quartic", "barrier": 0.25}],
        temperatures=[0.2, 0.08],
        loss_ratios=[1.6, 2.5],
        n_paths=200,
        max_direct_steps=1e7,
    )
    plan, result = ls.plan_study(study), ls.run_study(study)
    assert {cost.case.simulation for cost in plan.costs} == {"simulate", "splitting"}
    for cost, answered in zip(plan.costs, result.cases, strict=True):
        ratio = cost.path_steps / answered.simulated.path_steps
        assert 1 / 3 < ratio < 3, cost.case.name
    assert plan.seconds > 0
    assert cases(study)[0].stream == 0
