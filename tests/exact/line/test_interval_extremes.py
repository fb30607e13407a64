"""Noise so weak that no grid resolves it is refused, and not a number nor a warning."""

from __future__ import annotations

import pytest

from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.validation import InputError


@pytest.mark.parametrize("strength", [1e-5, 1e-200, 1e-300, 1e-307])
def test_noise_that_is_too_weak(strength):
    with pytest.raises(InputError, match="the noise is too weak"):
        interval_exit_time(lambda x: -x, lambda x: strength + 0 * x, 0.0, -1.0, 1.0)
