"""What the solver in the plane refuses, and how it says so."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics import ConstantNoise, HessianAlignedNoise, LossProportionalNoise
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.landscapes import Ball, QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.validation import InputError

LINE = QuarticDoubleWell.from_loss_ratio(5.0, 1.0)
WELL = SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))
START, BALL = (-1.0, 0.0), Ball((1.0, 0.0), 0.25)


class Flat(NamedTuple):
    """``L = 1``: nothing holds a path."""

    def loss(self, x):
        return 1.0 + 0.0 * x[0]

    def gradient(self, x):
        return (0.0, 0.0)

    def search_box(self):
        return ((-1.0, 1.0), (-1.0, 1.0))


class Overflowing(NamedTuple):
    """A double well that overflows, in some intermediate result, to the left of ``edge``."""

    edge: float

    def loss(self, x):
        return np.where(x[0] < self.edge, np.inf, WELL.loss(x))

    def gradient(self, x):
        return WELL.gradient(x)

    def search_box(self):
        return WELL.search_box()


NEGATIVE = SeparableDoubleWell(-0.1, 1.0, (8.0,))
WEAK = LossProportionalNoise(0.2)


@pytest.mark.parametrize(
    ("landscape", "noise", "start", "target", "options", "message"),
    [
        (WELL, WEAK, (0.9, 0.0), BALL, {}, "start .* lies in"),
        (WELL, WEAK, (-1.0, 0.0, 0.0), BALL, {}, "as many finite coordinates"),
        (LINE, WEAK, START, BALL, {}, "as many finite coordinates"),
        (WELL, WEAK, (math.nan, 0.0), BALL, {}, "as many finite coordinates"),
        (NEGATIVE, WEAK, START, BALL, {}, "positive and finite .*L\\(.*raise the loss floor"),
        (Flat(), WEAK, START, BALL, {}, "does not confine"),
        (WELL, WEAK, START, BALL, {"domain": ((-1.5, 5), (-5, 5))}, "cuts .* off: L\\(-1.5, .* ="),
        (WELL, WEAK, START, BALL, {"domain": ((-5, 0), (-5, 5))}, "no way leads"),
        *(
            (WELL, WEAK, START, BALL, {"domain": domain}, "the domain cuts the well off")
            for domain in (
                ((-1.3, math.inf), (-math.inf, math.inf)),
                ((-math.inf, 1.3), (-9, 9)),
                ((-math.inf, math.inf), (-0.1, math.inf)),
                ((-9, 9), (-math.inf, 0.1)),
            )
        ),
        (Overflowing(-1.3), WEAK, START, BALL, {}, r"ceases to be finite beyond L\(-1.3, .* write"),
        (WELL, WEAK, START, BALL, {"n_cells": 8}, "n_cells .* at least"),
        (
            WELL,
            LossProportionalNoise(0.003),
            START,
            BALL,
            {"n_cells": 60},
            "coarse .*splitting",
        ),
        (WELL, LossProportionalNoise(0.001), START, BALL, {}, "below 1e-280"),
        (WELL, ConstantNoise(1e-5), START, BALL, {"n_cells": 60}, "raise .* or n_cells"),
        (WELL, HessianAlignedNoise.from_hessian(np.eye(3), 0.1, 1), START, BALL, {}, "3 direct"),
        (
            WELL,
            HessianAlignedNoise.from_hessian([[1, 1], [1, 1]], 0.1, 1),
            START,
            BALL,
            {},
            "n_outliers",
        ),
    ],
)
def test_refuses_in_one_line(landscape, noise, start, target, options, message):
    with pytest.raises(InputError, match=message) as refusal:
        plane_mean_first_passage_time(landscape, noise, start, target, **options)
    assert "\n" not in str(refusal.value)


def test_what_is_cut_off_far_above_the_saddle_does_not_matter():
    whole = plane_mean_first_passage_time(WELL, WEAK, START, BALL, n_cells=100)
    for landscape, domain in (
        (WELL, ((-9, math.inf), (-math.inf, math.inf))),
        (WELL, ((-math.inf, math.inf), (-9, 9))),
        (Overflowing(-9.0), None),
    ):
        found = plane_mean_first_passage_time(
            landscape, WEAK, START, BALL, n_cells=100, domain=domain
        )
        assert found.log_rate == pytest.approx(whole.log_rate, abs=1e-6)


def test_the_size_that_a_refusal_names_is_enough():
    noise = LossProportionalNoise(0.02)
    with pytest.raises(InputError, match="use n_cells = ") as refusal:
        plane_mean_first_passage_time(WELL, noise, START, BALL, n_cells=40)
    needed = int(str(refusal.value).rsplit("=", 1)[1])
    plane_mean_first_passage_time(WELL, noise, START, BALL, n_cells=needed)
