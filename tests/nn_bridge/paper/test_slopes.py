"""Slopes of figure 3 (c): a power is found to be one, and what bends is found to bend."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from nn_bridge.paper.slopes import slopes_of

C = np.array([1.1, 1.3, 1.6, 2.0])


def passages(mean_times, end, seed=0):
    """Return exponential times of 400 replicas, one draw each, censored at ``end``."""
    times = np.random.default_rng(seed).exponential(size=400) * np.asarray(mean_times)[:, None]
    return xr.Dataset(
        {
            "time": (("threshold", "replica"), np.minimum(times, end)),
            "is_censored": (("threshold", "replica"), (times > end).astype(np.int8)),
        },
        coords={"threshold": C},
    )


def test_a_power_has_no_bend_and_its_exponent_also_where_replicas_are_censored():
    found = slopes_of(passages(C**3, 4.0))
    # Five standard errors of 400 events at both ends.
    assert found.fit.exponent == pytest.approx(3, abs=5 * 0.05 * 2**0.5 / np.log(C[-1] / C[0]))
    assert found.bend_low <= 0 <= found.bend_high


def test_a_stretched_growth_bends():
    found = slopes_of(passages(np.exp(3 * (C - 1)), 4.0))
    assert found.bend_low > 0


def test_thresholds_with_few_passages_have_no_local_slope():
    found = slopes_of(passages([1.0, 2.0, 1e6, 1e7], 4.0))
    assert found.bend is None
    assert found.fit is not None
