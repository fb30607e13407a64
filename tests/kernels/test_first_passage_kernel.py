"""The compiled kernel against its own plain-Python twin, and its cache."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from landscape_sim.dynamics import (
    EulerMaruyama,
    LeimkuhlerMatthews,
    LossProportionalNoise,
    Milstein,
    TimeChangedEuler,
)
from landscape_sim.jit import compiled
from landscape_sim.kernels import first_passage
from landscape_sim.kernels.process import Process
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.random_numbers import normals, xoshiro

CHECKOUT = str(Path(__file__).resolve().parents[2])


def passages(kernel, landscape, dynamics, n_paths, max_time):
    dimension = len(landscape.search_box())
    zeros = (0.0,) * (dimension - 1)
    lanes = first_passage.Lanes.empty(dimension)
    lanes.queue[:] = 0, n_paths
    ended = first_passage.Passages.empty(n_paths)
    target = HalfSpace.beyond((0.5, *zeros), seen_from=(-1.0, *zeros))
    shift = first_passage.MEAN_OVERSHOOT
    process = Process(landscape, dynamics, target, (-1.0, *zeros), shift)
    kernel(process, np.uint64(7), max_time / dynamics.time_step, lanes, ended, 100_000, False)
    return ended


def python_twin(monkeypatch):
    """The kernel as plain Python: every compiled callee replaced by its source."""
    for module, name in (
        (xoshiro, "mix"),
        (xoshiro, "_rotate"),
        (normals, "next_word"),
        (normals, "horner"),
        (normals, "_log_uniform"),
        (first_passage, "seed_lane"),
        (first_passage, "fill_normals"),
        (first_passage, "_step_lanes"),
        (first_passage, "_count_waiting"),
        (first_passage, "_outcome"),
        (first_passage, "_is_finite"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name).py_func)
    return first_passage.run_blocks


ONE_D = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
TWO_D = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 2.0))


@pytest.mark.parametrize(
    ("landscape", "scheme", "time_step", "max_time"),
    [
        (ONE_D, EulerMaruyama, 0.05, 10.0),
        (TWO_D, EulerMaruyama, 0.05, 1.5),
        (ONE_D, Milstein, 0.05, 5.0),
        (ONE_D, TimeChangedEuler, 0.02, 5.0),
        (TWO_D, LeimkuhlerMatthews, 0.02, 1.5),
    ],
)
def test_compiled_kernel_equals_its_python_twin(
    monkeypatch, landscape, scheme, time_step, max_time
):
    dynamics = scheme(LossProportionalNoise(1.0), time_step)
    fast = passages(
        compiled(first_passage.run_blocks, landscape, dynamics), landscape, dynamics, 40, max_time
    )
    with monkeypatch.context() as patch, np.errstate(all="ignore"):
        slow = passages(python_twin(patch), landscape, dynamics, 40, max_time)
    # Contraction to fused multiply-adds changes last digits only: of a variate, of single
    # precision, 6e-8; in a sum of some hundred terms that stays below 1e-5.
    np.testing.assert_allclose(fast.age, slow.age, rtol=1e-5)
    np.testing.assert_array_equal(fast.steps, slow.steps)
    np.testing.assert_array_equal(fast.outcome, slow.outcome)
    assert {first_passage.REACHED, first_passage.CENSORED} == set(fast.outcome)


USERS_LANDSCAPE = """
    from typing import NamedTuple

    class Ramp(NamedTuple):
        slope: float
        def loss(self, x):
            return 1.0 + 0.0 * x[0]
        def gradient(self, x):
            return ({sign}self.slope + 0.0 * x[0],)
"""

USERS_SCRIPT = """
    from ramp import Ramp
    from landscape_sim.dynamics import ConstantNoise, EulerMaruyama
    from landscape_sim.ensembles import simulate_first_passage
    from landscape_sim.kernels.first_passage import run_blocks
    from landscape_sim.jit import compiled
    from landscape_sim.landscapes import HalfSpace

    model = Ramp(1.0), EulerMaruyama(ConstantNoise(1e-8), 0.25), HalfSpace(2.0, (1.0,))
    sample = simulate_first_passage(
        model[0], model[1], (0.0,), model[2], n_paths=1, max_time=9.0, seed=0
    )
    hits = sum(compiled(run_blocks, *model).stats.cache_hits.values())
    print(float(sample.times[0]), bool(sample.is_censored[0]), hits)
"""


def test_an_edited_landscape_is_never_run_from_a_stale_cache(tmp_path):
    def run(sign):
        (tmp_path / "ramp.py").write_text(textwrap.dedent(USERS_LANDSCAPE.format(sign=sign)))
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(USERS_SCRIPT)],
            env={
                **os.environ,
                "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
                "PYTHONPATH": os.pathsep.join([str(tmp_path), CHECKOUT]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    # Downhill towards the target at x = 2 with speed 1, then away from it.
    assert run("-") == ["2.0", "False", "0"]
    assert run("-") == ["2.0", "False", "1"]  # the second process loads the machine code
    assert run("+") == ["9.0", "True", "0"]
