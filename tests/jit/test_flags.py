"""What is compiled into kernels only, and what is said and left alone while they are compiled."""

from __future__ import annotations

import gc

import pytest
from numba import njit

from landscape_sim.jit import compiled, inlined
from landscape_sim.waiting import hearing_of_waits


@inlined
def twice(x):
    return 2.0 * x


def twice_and_one(x):
    return twice(x) + 1.0


def test_what_is_inlined_refuses_calls_from_python():
    # Numba would call the address 0, and the process be gone.
    with pytest.raises(TypeError, match="twice is for compiled code; call its py_func"):
        twice(1.0)
    assert njit(twice_and_one)(3.0) == 7.0
    with pytest.raises(TypeError, match="py_func"):  # also once it has been compiled
        twice(3.0)
    assert twice.py_func(1.5) == 3.0


def test_a_compilation_is_told_and_the_garbage_collector_is_as_before(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    seen = []

    def hear(what):
        seen.append((what, gc.isenabled()))

    with hearing_of_waits(hear):
        run = compiled(twice_and_one)
        assert run(3.0) == run(3.0) == 7.0
    # Nothing is said of the second call, nor of what comes from the disk.
    assert seen == [("compiling twice_and_one", True), (None, True)]
    gc.disable()
    try:
        assert compiled(twice_and_one)(3) == 7.0
        assert not gc.isenabled()
    finally:
        gc.enable()
