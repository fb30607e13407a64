"""SGD on data: the kernel beside the same loop in C, and how it fares with dimension and batch."""

from __future__ import annotations

import ctypes
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines import C_FLAGS
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.model import as_floats, random_key
from landscape_sim.jit import compiled
from landscape_sim.kernels import minibatch
from landscape_sim.models import LossLevel, gaussian_regression
from landscape_sim.random_numbers.xoshiro import seed_lane

N_STEPS = 20_000_000
#: The loop in C may be faster by so much.
MOST = 1.5


def kernel_run(dimension: int = 1, n_batch: int = 1) -> Callable[[], np.ndarray]:
    """Return a function that makes ``N_STEPS`` steps and returns the last position."""
    data = gaussian_regression(dimension=dimension, n_samples=10_000, seed=0)
    landscape = as_floats(data.landscape)
    model, rule = as_floats(data.model), as_floats(SGD(0.1, n_batch))
    target = as_floats(LossLevel.of_ratio(landscape, 1e6, landscape.floor).shortfall())
    training = minibatch.Training(
        *(model, rule, landscape.centre, (0.0,) * dimension),
        *(n_batch, (1,) * (n_batch == 1), random_key(0)),
    )
    samples = minibatch.Samples(data.inputs, data.targets)
    kernel = compiled(minibatch.run_passages, training, target)

    def run() -> np.ndarray:
        walker = minibatch.Walker.ready(dimension, 0, 0, 1)
        passages = minibatch.Passages.empty(1)
        kernel(training, samples, target, N_STEPS, walker, passages, N_STEPS)
        return walker.position[0]

    return run


def c_run(folder: Path) -> Callable[[], float]:
    """Return the same in C, for one dimension and batches of one."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc")
    library = folder / "minibatch.so"
    source = Path(__file__).with_name("minibatch.c")
    subprocess.run(
        [compiler, *C_FLAGS, "-shared", "-fPIC", str(source), "-o", str(library)], check=True
    )
    function = ctypes.CDLL(str(library)).minibatch
    function.restype = ctypes.c_int64
    data = gaussian_regression(dimension=1, n_samples=10_000, seed=0)
    landscape = data.landscape
    pointer = ctypes.POINTER(ctypes.c_double)

    def run() -> float:
        state = np.empty((4, 1), np.uint32)
        seed_lane(state, 0, random_key(0), 0)
        position = ctypes.c_double(landscape.centre[0])
        steps = function(
            data.inputs.ctypes.data_as(pointer),
            data.targets.ctypes.data_as(pointer),
            ctypes.c_int64(data.n_samples),
            *map(
                ctypes.c_double,
                (
                    *(0.1, landscape.floor, landscape.centre[0], landscape.moments[0][0]),
                    1e6 * landscape.floor,
                ),
            ),
            ctypes.byref(position),
            state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint32)),
            ctypes.c_int64(N_STEPS),
        )
        assert steps == N_STEPS
        return position.value

    return run


def test_within_a_factor_of_c(tmp_path):
    """Median of interleaved rounds; both make the same steps, up to rounding."""
    ours, theirs = kernel_run(), c_run(tmp_path)
    assert ours()[0] == pytest.approx(theirs(), rel=1e-6)
    ratios = []
    for _ in range(7):
        seconds = []
        for run in (ours, theirs):
            began = time.thread_time()
            run()
            seconds.append(time.thread_time() - began)
        ratios.append(seconds[0] / seconds[1])
    assert statistics.median(ratios) < MOST, f"times of the kernel over C: {ratios}"


@pytest.mark.parametrize(("dimension", "n_batch"), [(1, 1), (1, 8), (4, 1), (4, 8)])
def test_minibatch(benchmark, dimension, n_batch):
    run = kernel_run(dimension, n_batch)
    benchmark.pedantic(run, warmup_rounds=1, rounds=3)
    benchmark.extra_info["path_steps"] = N_STEPS
