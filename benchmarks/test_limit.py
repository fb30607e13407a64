"""The program by hand does the same work as that in plain C, and so as the kernel."""

from __future__ import annotations

import platform

import pytest

from benchmarks.engines import Unavailable, c_reference
from benchmarks.limit import BY_HAND
from benchmarks.work import WELLS, Escape


@pytest.mark.skipif(platform.machine() != "x86_64", reason="intrinsics of x86-64")
@pytest.mark.parametrize("dimension", WELLS)
@pytest.mark.parametrize("flags", [("-O3", "-march=native"), ("-O3", "-march=haswell")])
def test_both_make_the_same_steps(dimension, flags):
    escape = Escape(dimension)
    try:
        plain, by_hand = c_reference(escape), c_reference(escape, BY_HAND, flags)
    except Unavailable as reason:
        pytest.skip(str(reason))
    # Of a thousand paths one or two end a step earlier, by the order in which products are rounded.
    assert by_hand() == pytest.approx(plain(), rel=1e-6)
