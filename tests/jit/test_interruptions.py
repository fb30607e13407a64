"""Ctrl-C while a kernel is compiled: it is compiled to its end, kept, and then interrupted."""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

import pytest

from landscape_sim.jit import compiled, kernel_method, machine_code_files


@kernel_method("slope_once_interrupted")
def _slope(self, x):
    # Here types are inferred: Numba takes an error for one of the user's, or LLVM is at work.
    os.kill(os.getpid(), signal.SIGINT)
    return self.instance_class.slope_once_interrupted


class Hill(NamedTuple):
    scale: float

    def slope_once_interrupted(self, x):
        return self.scale * x


def hill_kernel(model, x):
    return model.slope_once_interrupted(x) + 1.0


def test_a_signal_waits_for_the_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    run = compiled(hill_kernel, Hill(2.0))
    with pytest.raises(KeyboardInterrupt):
        run(Hill(2.0), 3.0)
    assert len(machine_code_files()) == 1
    assert run(Hill(2.0), 3.0) == 7.0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
