"""Noise and methods from outside the package, in studies."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from root_noise import RootNoise

import landscape_sim as ls
from landscape_sim.comparison.escapes import laws
from landscape_sim.comparison.escapes.case import cases

CONTENT = {
    "name": "own",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.1],
    "batch_sizes": [1],
    "noises": ["half-root"],
    "loss_ratios": [1.5, 2.0, 2.5],
    "n_paths": 50,
}
MANY = {"landscape": "separable", "barrier": 0.25, "stiffness": [2.0] * 12}


class HalfRootNoise(RootNoise):
    """Half as strong at the minimum as noise that follows the loss."""

    name = "half-root"

    @classmethod
    def at_minimum(cls, hessian, loss, *, temperature, noise_scale):
        return cls(0.5 * temperature * math.sqrt(loss))


ls.register_noise(HalfRootNoise)


def twice_the_exact_rate(problem, *, seed=0):
    exact = problem.exact()
    if problem.route.loss_ratio > 2.2:
        raise ls.InputError("too rare for me")
    log_rate = exact.log_rate + math.log(2.0)
    interval = ls.RateInterval.of_logs(log_rate - 0.1, log_rate + 0.1)
    return ls.Rate("twice", log_rate, math.exp(log_rate), seed, interval)


ls.register_method(ls.Method("twice", twice_the_exact_rate))
ls.register_method(ls.Method("low", twice_the_exact_rate))


def study(**changes):
    return ls.Study(**CONTENT | changes)


def test_a_noise_of_your_own_is_studied_without_a_formula():
    result = ls.run_study(study(methods=["formula", "exact"]))
    assert result.is_complete
    for case, row in zip(result.cases, result.rows(), strict=True):
        assert row["rate_formula"] is row["power_law_exponent"] is None
        assert row["rate_exact"] == case.case.escape.exact().rate
        assert "'half-root'" in case.refusals["formula"]
        # Frozen at its own strength, which is half of T L*.
        frozen = case.case.escape.frozen_diffusion / 2
        assert case.case.arrhenius.diffusion == pytest.approx(frozen)
    json.dumps(result.rows() + result.exponent_rows(), allow_nan=False)
    (verdict,) = result.verdicts()
    assert verdict.predicted is None
    assert verdict.exact > 0
    assert "not predicted" in result.plot().axes[0].get_legend().get_texts()[0].get_text()


def test_its_escapes_are_timed_by_the_exact_rate_or_else_by_eyring_kramers(monkeypatch):
    (first, *_) = cases(study(methods=["simulate"]))
    assert first.simulation == "simulate"
    assert first.expected.log_rate == first.escape.exact().log_rate

    def refuse(escape):
        raise ls.InputError("no grid is fine enough")

    monkeypatch.setattr(ls.Escape, "exact", refuse)
    (first, *_) = cases(study(methods=["simulate"]))
    assert first.expected is first.arrhenius
    monkeypatch.setattr(laws, "_arrhenius_of_own", lambda escape: None)
    with pytest.raises(ls.InputError, match=r"says how long an escape takes .* splitting") as no:
        cases(study(methods=["simulate"]))
    assert "\n" not in str(no.value)
    # Splitting needs no scale.
    assert {case.simulation for case in cases(study())} == {"splitting"}


def test_constant_noise_is_studied_beyond_the_critical_dimension():
    beyond = {"landscapes": [MANY], "learning_rates": [0.4], "methods": ["formula"]}
    result = ls.run_study(study(**beyond, noises=["constant"]))
    for case, row in zip(result.cases, result.rows(), strict=True):
        assert row["rate_formula"] is None
        assert row["rate_arrhenius"] == case.case.escape.formula().rate
        assert "critical dimension" in case.refusals["formula"]
        assert row["dimension"] == 13
    # Where Eq. (15) is asked for, its refusal stands; where it is not, nothing needs it.
    with pytest.raises(ls.InputError, match="critical dimension"):
        cases(study(**beyond, noises=["isotropic"]))
    pending = cases(study(**beyond | {"methods": ["splitting"]}, noises=["isotropic"]))
    assert {case.power_law for case in pending} == {None}
    assert pending[0].refusals == {}


def test_a_method_of_your_own_has_its_columns_everywhere(tmp_path):
    result = ls.run_study(study(methods=["exact", "twice"], noises=["isotropic"], seed=5))
    names = ["rate_twice", "log_rate_twice", "rate_low_twice", "rate_high_twice"]
    assert list(result.table())[-4:] == names
    first, _, last = result.rows()
    assert first["rate_twice"] == pytest.approx(2 * first["rate_exact"])
    assert math.log(first["rate_high_twice"] / first["rate_low_twice"]) == pytest.approx(0.2)
    assert result.cases[0].own["twice"].detail == result.cases[0].case.seed
    assert [last[name] for name in names] == [None] * 4
    assert [case.refusals for case in result.cases] == [{}, {}, {"twice": "too rare for me"}]
    dataset = result.dataset()
    assert (
        dataset["log_rate_twice"].attrs["long_name"]
        == "natural log of the rate by the method twice"
    )
    np.testing.assert_array_equal(
        dataset["rate_twice"].to_numpy().ravel(), result.table()["rate_twice"]
    )
    header = (result.save(tmp_path / "own") / "table.csv").read_text().splitlines()[0]
    assert header.endswith(",".join(names))
    assert ls.Study.load(tmp_path / "own" / "study.json") == result.study


def test_what_is_registered_under_no_or_a_taken_name_is_refused():
    with pytest.raises(ls.InputError, match=r"methods.0: method 'guess' is unknown; choose one of"):
        study(methods=["guess"])
    with pytest.raises(ls.InputError, match="method 'low' would have the column 'rate_low'"):
        ls.run_study(study(methods=["low"]))
