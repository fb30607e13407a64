"""Schemes by name: their steps in ``t`` at the minimum, and where the name leads."""

from __future__ import annotations

import pytest

import landscape_sim as ls
from landscape_sim.dynamics.scheme_registry import scheme_family, scheme_names
from landscape_sim.escape.methods.fixed_step import scheme_at
from landscape_sim.escape.methods.simulate import simulated_rate_at_step

ESCAPE = ls.Escape(ls.QuarticDoubleWell(0.3, 0.25), learning_rate=0.1, batch_size=1)


@pytest.mark.parametrize("noise", ["isotropic", "constant"])
@pytest.mark.parametrize("name", scheme_names())
def test_one_step_at_the_minimum_lasts_what_was_asked_for(name, noise):
    well = ls.QuarticDoubleWell(0.3, 0.25)
    escape = ls.Escape(well, learning_rate=0.1, batch_size=1, noise=noise)
    scheme = scheme_at(escape, 0.2, name)
    assert (type(scheme), scheme.name) == (scheme_family(name), name)
    pace = scheme.clock_rate(well, escape.start, (0.0,))
    # The curvature at the minimum is 2.
    assert scheme.time_step * pace == pytest.approx(0.1, rel=1e-12)


def test_the_default_is_the_second_order_scheme():
    assert scheme_at(ESCAPE, 0.2) == ls.LeimkuhlerMatthews(ESCAPE.noise, 0.2 / 2.0 * 0.3)


def test_the_name_reaches_the_simulation():
    settings = {"relaxation_time_step": 0.2, "n_paths": 8, "max_time": 1.0}
    name = "euler-maruyama"
    rate = simulated_rate_at_step(ESCAPE, **settings, scheme=name)
    direct = ls.simulate_first_passage(
        ESCAPE.landscape,
        scheme_at(ESCAPE, 0.2, name),
        ESCAPE.start,
        ESCAPE.target,
        n_paths=8,
        max_time=1.0,
    )
    assert rate.detail.sample.times.tolist() == direct.times.tolist()
    assert rate.path_steps == direct.path_steps
    with pytest.raises(ls.InputError, match="scheme 'euler' is unknown; choose one of euler-mar"):
        simulated_rate_at_step(ESCAPE, **settings, scheme="euler")


def test_a_name_is_taken_once():
    ls.register_scheme(ls.Milstein)

    class Other(ls.Milstein):
        __slots__ = ()

    with pytest.raises(ls.InputError, match="'milstein' already"):
        ls.register_scheme(Other)
