"""Recorded escapes are those of the first-passage sample, from the core of the well to the end."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.dynamics import (
    EulerMaruyama,
    LeimkuhlerMatthews,
    LossProportionalNoise,
    TimeChangedEuler,
)
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.ensembles.trajectory import sample_escape_paths
from landscape_sim.landscapes import Ball, HalfSpace, QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.validation import InputError

LINE = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
PLANE = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0,))
SPACE = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 2.0, 0.5))
NOISE = LossProportionalNoise(0.2)


def escape(landscape, dynamics):
    """Return the arguments of an escape from ``−1`` to ``+1`` along the first coordinate."""
    zeros = (0.0,) * (len(landscape.search_box()) - 1)
    end = Ball((1.0, *zeros), 0.25) if zeros else HalfSpace(1.0, (1.0,))
    return landscape, dynamics, (-1.0, *zeros), end


@pytest.mark.parametrize(
    ("landscape", "dynamics"),
    [
        (LINE, LeimkuhlerMatthews(NOISE, 0.01)),
        (PLANE, EulerMaruyama(NOISE, 0.02)),
        (SPACE, TimeChangedEuler(NOISE, 0.01)),
    ],
)
def test_the_paths_are_those_of_the_first_passage_sample_bit_by_bit(landscape, dynamics):
    settings = {"n_paths": 40, "max_time": 300.0, "seed": 3}
    sample = simulate_first_passage(*escape(landscape, dynamics), **settings)
    paths = sample_escape_paths(*escape(landscape, dynamics), **settings)
    assert [path.index for path in paths] == np.flatnonzero(~sample.is_censored).tolist()
    assert len(paths) > 10
    for path in paths:
        assert path.passage_time == sample.times[path.index] == path.times[-1]


def test_another_seed_gives_other_paths():
    dynamics = EulerMaruyama(NOISE, 0.02)
    settings = {"n_paths": 5, "max_time": 1e4}
    sample = simulate_first_passage(*escape(PLANE, dynamics), seed=3, **settings)
    paths = sample_escape_paths(*escape(PLANE, dynamics), seed=4, **settings)
    assert not np.any([path.passage_time == sample.times[path.index] for path in paths])


def test_every_step_is_one_of_the_scheme_and_thinning_only_leaves_some_out():
    dynamics = EulerMaruyama(NOISE, 0.02)
    settings = {"n_paths": 3, "max_time": 1e4, "seed": 0}
    full = sample_escape_paths(*escape(PLANE, dynamics), **settings, max_points=100_000)
    thin = sample_escape_paths(*escape(PLANE, dynamics), **settings, max_points=10)
    for whole, part in zip(full, thin, strict=True):
        np.testing.assert_allclose(np.diff(whole.times), 0.02, rtol=1e-9)
        # What is left of a step after the drift is noise of variance 2 T L dt in each direction.
        before, after = whole.positions[:-1], whole.positions[1:]
        drift = -0.02 * np.stack(PLANE.gradient(tuple(before.T)), axis=1)
        noise = (after - before - drift) / np.sqrt(2 * 0.2 * 0.02 * PLANE.loss(tuple(before.T)))[
            :, None
        ]
        # Escapes are conditioned paths, but no single-precision normal exceeds 6.7.
        assert np.all(np.abs(noise) < 6.7)
        assert 5 <= len(part.times) <= 11
        kept = np.searchsorted(whole.times, part.times)
        np.testing.assert_array_equal(whole.times[kept], part.times)
        np.testing.assert_array_equal(whole.positions[kept], part.positions)


def test_an_excursion_leaves_the_core_at_once_for_good_and_ends_at_the_target():
    dynamics = EulerMaruyama(NOISE, 0.02)
    landscape, _, start, target = escape(PLANE, dynamics)
    paths = sample_escape_paths(
        landscape, dynamics, start, target, n_paths=20, max_time=1e4, seed=1, max_points=100_000
    )
    core = 0.1 * target.distance(start)
    # The boundary shift counts as arrived who is within 0.5826 standard deviations of one step.
    for path in paths:
        away = np.linalg.norm(path.positions - start, axis=1)
        assert away[0] <= core
        assert np.all(away[1:] > core)
        outside = np.array([target.distance(tuple(x)) for x in path.positions])
        shift = 0.5826 * np.sqrt(2 * 0.2 * 0.02 * PLANE.loss(tuple(path.positions.T)))
        assert np.all(outside[:-2] > 0.0)
        assert outside[-1] < 1.1 * shift[-2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_paths": 0}, "n_paths"),
        ({"max_points": 1}, "max_points"),
        ({"seed": -1}, "seed"),
        ({"max_time": 0.0}, "max_time"),
        ({"start": (1.0, 0.1)}, "inside the target"),
        ({"landscape": PLANE._replace(floor=-0.1)}, "raise the loss floor"),
        ({"dynamics": EulerMaruyama(LossProportionalNoise(5.0), 0.9)}, "lower time_step"),
    ],
)
def test_refuses_in_one_line(change, message):
    landscape, dynamics, start, target = escape(PLANE, EulerMaruyama(NOISE, 0.02))
    call = {"landscape": landscape, "dynamics": dynamics, "start": start, "target": target}
    call |= {"n_paths": 3, "max_time": 1e3, "seed": 0} | change
    with pytest.raises(InputError, match=message) as refusal:
        sample_escape_paths(**call)
    assert "\n" not in str(refusal.value)
