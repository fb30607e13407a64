"""``method="auto"``: the cheapest method at an accuracy, with its own answer and the reason."""

from __future__ import annotations

import pytest

import landscape_sim as ls
from landscape_sim.validation import InputError

#: About no axis the same: nothing is exact here.
LOPSIDED = ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (2.0, 2.5, 3.0))


def lopsided(temperature):
    return ls.Escape(LOPSIDED, temperature=temperature)


def test_an_exact_rate_needs_no_simulation():
    escape = ls.Escape(ls.QuarticDoubleWell(0.25, 1.0), temperature=0.1)
    found = escape.rate("auto")
    assert (found.rate, found.path_steps) == (escape.exact().rate, 0)
    assert found.caveats[0] == "auto took exact: it has no statistical error"


@pytest.mark.parametrize(("temperature", "chosen"), [(0.3, "simulate"), (0.05, "splitting")])
def test_otherwise_the_depth_decides(temperature, chosen):
    settings = {"relative_error": 0.2, "seed": 3, "n_threads": 1}
    escape = lopsided(temperature)
    found = escape.rate("auto", **settings)
    assert found.method == chosen
    assert found.rate == escape.rate(chosen, **settings).rate
    assert found.caveats[0].startswith(f"auto took {chosen}: about ")
    assert "no exact rate, in 4 dimensions" in found.caveats[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("relative_error", 0.0), ("confidence_level", 2.0), ("max_path_steps", -1)),
        *(("seed", -1), ("n_threads", 0)),
    ],
)
def test_settings_are_checked_whatever_method_is_taken(name, value):
    with pytest.raises(InputError, match=f"{name} must"):
        ls.Escape(ls.QuarticDoubleWell(0.25, 1.0), temperature=0.1).rate("auto", **{name: value})


def test_through_a_well_on_the_way_it_is_tried_directly_first():
    well = ls.Landscape.from_expression(
        "0.3 + 4*x**2*(x**2-1)**2 + 2*y**2 + 3*z**2 + 2.5*w**2", "x, y, z, w"
    )
    escape = ls.Escape(well, (-1, 0, 0, 0), (1, 0, 0, 0), temperature=0.5)
    found = escape.rate("auto", relative_error=0.3, n_threads=1)
    assert found.method == "simulate"
    assert "no law tells beforehand how rare the escape is, and it is frequent" in found.caveats[0]
