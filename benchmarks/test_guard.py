"""A smoke run for every change: the hot loops are packed, and far ahead of plain Numba.

No benchmark, and the only test that looks at a clock: it asks for a third of the ratio that
is measured on an idle machine, as the median of interleaved rounds.
"""

from __future__ import annotations

import platform
import re
import statistics
import time
from functools import partial

import numpy as np
import pytest
from numba import njit
from numba.core.event import install_recorder

import landscape_sim as ls
from benchmarks.engines import landscape_sim, naive_numba
from benchmarks.formulas import Formula
from benchmarks.work import TEMPERATURE, TIME_STEP, Escape
from landscape_sim.ensembles.model import as_floats, random_key
from landscape_sim.jit import JIT_FLAGS
from landscape_sim.kernels.excursions import Excursion, Pool, Walkers, run_excursions
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT, Lanes, Passages, run_blocks
from landscape_sim.kernels.process import Process
from landscape_sim.rare_events.core import describe_well
from landscape_sim.rare_events.scores import end_in, progress_along

LEAST_RATIO = 5.0
#: That a kernel is compiled from, in however many dimensions: each costs some 30 ms.
MOST_FUNCTIONS = 20


def process_of(escape, dynamics):
    return Process(escape.well, dynamics, escape.target, escape.start, MEAN_OVERSHOOT)


def assembly(escape, scheme):
    """Return the machine code of the first-passage kernel, compiled here and now."""
    dynamics = scheme(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP)
    return assembly_of(process_of(escape, dynamics))


def assembly_of(process):
    kernel = njit(**JIT_FLAGS)(run_blocks)
    lanes = Lanes.empty(len(process.start))
    kernel(as_floats(process), random_key(0), 1.0, lanes, Passages.empty(1), 0, False)
    (text,) = kernel.inspect_asm().values()
    return text


def packed(text, instruction):
    """Count the uses of ``instruction`` on registers of 256 bits or more."""
    return len(re.findall(rf"\b{instruction}\s.*%[yz]mm", text))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
@pytest.mark.parametrize("scheme", [ls.EulerMaruyama, ls.LeimkuhlerMatthews])
@pytest.mark.parametrize("dimension", [1, 4])
def test_hot_loops_are_packed(scheme, dimension):
    text = assembly(Escape(dimension), scheme)
    in_step = "vsqrtpd" if scheme is ls.EulerMaruyama else "vdivpd"
    assert packed(text, "vsqrtps") > 0, "the loop that makes normal variates is not packed"
    assert packed(text, in_step) > 0, "the step loop is not packed"
    # Negative control: the count sees no packed instruction where there is none.
    assert packed(text.replace("%ymm", "%xmm").replace("%zmm", "%xmm"), "vsqrtps") == 0


def calls(text):
    """Return the names of the functions that the kernel itself calls."""
    parts = re.split(r"^(?=[^.\s#\"][^\n]*:$)", text, flags=re.MULTILINE)
    own = [part for part in parts if not part.startswith("landscape_sim_far_")]
    return set(re.findall(r"\$(\w+), %r\w+", "".join(own)))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
def test_formulas_call_no_library_in_the_hot_loop():
    formula = Formula("", "3 + exp(-x**2) + cos(3*x) + tanh(x) + log(1 + x**2) + (2 + x**2)**1.3")
    dynamics = ls.EulerMaruyama(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP)
    process = process_of(Escape(1), dynamics)
    library = {"exp", "expm1", "cos", "sin", "sincos", "tanh", "log", "pow"}
    text = assembly_of(process._replace(landscape=formula.landscape))
    assert not calls(text) & library
    assert packed(text, "vdivpd") > 0, "the step loop is not packed"
    # Of a whole pack it is asked whether an angle is too large.
    assert {f"landscape_sim_far_cos_{n}" for n in (2, 4, 8)} & calls(text)
    # Negative control: NumPy's functions are calls.
    text = assembly_of(process._replace(landscape=formula.one_call_a_number))
    assert {"exp", "sincos", "tanh", "log", "pow"} <= calls(text)


def splitting_assembly(escape):
    """Return the machine code of the kernel of excursions, compiled here and now."""
    kernel = njit(**JIT_FLAGS)(run_excursions)
    dynamics = ls.LeimkuhlerMatthews(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP)
    core = describe_well(escape.well, dynamics.noise, escape.start).core
    score = progress_along([escape.start, end_in(escape.target, escape.start)])
    kernel(
        as_floats(process_of(escape, dynamics)),
        Excursion(*map(as_floats, (score, core)), 1, False),
        *(np.empty(0), Pool.empty(1, escape.dimension), 0),
        Walkers.empty(1, 0, escape.dimension),
    )
    (text,) = kernel.inspect_asm().values()
    return text


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
@pytest.mark.parametrize("dimension", [1, 4])
def test_loops_of_splitting_are_packed(dimension):
    text = splitting_assembly(Escape(dimension))
    assert packed(text, "vsqrtps") > 0, "the loop that makes normal variates is not packed"
    assert packed(text, "vdivpd") > 0, "the step loop is not packed"
    assert packed(text, "vminpd") > 0, "the loop that scores is not packed"


@pytest.mark.parametrize("dimension", [1, 4])
def test_a_kernel_is_made_of_few_functions(dimension):
    for compile_it in (partial(assembly, scheme=ls.LeimkuhlerMatthews), splitting_assembly):
        with install_recorder("numba:compile") as recorder:
            compile_it(Escape(dimension))
        n_functions = sum(event.is_start for _, event in recorder.buffer)
        assert 0 < n_functions <= MOST_FUNCTIONS


@pytest.mark.parametrize("dimension", [1, 4])
def test_far_ahead_of_plain_numba(dimension):
    engines = [make(Escape(dimension)) for make in (landscape_sim, naive_numba)]
    for run in engines:
        run()
    ratios = []
    for _ in range(5):
        speeds = []
        for run in engines:
            began = time.perf_counter()
            speeds.append(run() / (time.perf_counter() - began))
        ratios.append(speeds[0] / speeds[1])
    assert statistics.median(ratios) > LEAST_RATIO
