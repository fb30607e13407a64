"""Engines that are given the same work: this package, C, plain Numba, NumPy and libraries.

Each factory returns a function that makes path-steps of the escape and returns
how many it made. This package, C, Numba, NumPy and JAX test for the first passage
at every step; the libraries have no such loop and only integrate the equation.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.work import TEMPERATURE, TIME_STEP, Escape
from landscape_sim.ensembles.model import random_key
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT

Run = Callable[[], int]
C_FLAGS = ("-O3", "-march=native", "-ffast-math")


class Unavailable(Exception):
    """The engine cannot run here; the message says why."""


def landscape_sim(escape: Escape) -> Run:
    """Return this package's kernel, one thread."""
    return lambda: escape.simulate(1000)


def compiled_c(
    *definitions: str, source: str = "first_passage.c", flags: Sequence[str] = C_FLAGS
) -> Any:
    """Return the kernel of a C file beside this one, by default compiled for this machine."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise Unavailable("no gcc")
    folder = Path(tempfile.mkdtemp(prefix="landscape_sim-c-"))
    path, library = Path(__file__).with_name(source), folder / "kernel.so"
    command = [compiler, *flags, "-shared", "-fPIC", *definitions, str(path)]
    # libmvec first: gcc does not name it for a shared library.
    subprocess.run([*command, "-o", str(library), "-lmvec", "-lm"], check=True)
    return ctypes.CDLL(str(library)).first_passage


def c_reference(
    escape: Escape, source: str = "first_passage.c", flags: Sequence[str] = C_FLAGS
) -> Run:
    """Return the same algorithm in C, by default compiled for this machine."""
    n = escape.dimension
    kernel = compiled_c(f"-DDIMENSION={n}", source=source, flags=flags)
    vector = ctypes.c_double * n
    well = (escape.well.floor, escape.well.barrier)
    model = (ctypes.c_double * (6 + 2 * n))(
        *(*well, 0.0, *escape.stiffness, TEMPERATURE, TIME_STEP, 1.0),
        *(*vector(*escape.target.normal), MEAN_OVERSHOOT),
    )
    steps = np.empty(1000)

    def run() -> int:
        kernel(
            model,
            ctypes.c_uint64(int(random_key(0))),
            ctypes.c_int64(steps.size),
            ctypes.c_double(1e6 / TIME_STEP),
            steps.ctypes.data_as(ctypes.c_void_p),
        )
        return int(steps.sum())

    return run


def naive_numba(escape: Escape) -> Run:
    """Return a plain loop over paths with ``np.random``, compiled by Numba with fast-math."""
    from numba import njit

    floor, barrier = escape.well.floor, escape.well.barrier
    stiffness, n = np.array([0.0, *escape.stiffness]), escape.dimension

    @njit
    def normal() -> float:
        return np.random.normal()  # noqa: NPY002 (what people write)

    @njit(fastmath=True)
    def kernel(n_paths: int, seed: int) -> int:
        np.random.seed(seed)  # noqa: NPY002
        total, x = 0, np.zeros(n)
        for _ in range(n_paths):
            x[:] = 0.0
            x[0] = -1.0
            while True:
                loss = floor + barrier * (x[0] * x[0] - 1.0) ** 2
                for i in range(1, n):
                    loss += 0.5 * stiffness[i] * x[i] * x[i]
                amplitude = np.sqrt(2.0 * TEMPERATURE * TIME_STEP * loss)
                along = 4.0 * barrier * x[0] * (x[0] * x[0] - 1.0)
                x[0] += amplitude * normal() - TIME_STEP * along
                for i in range(1, n):
                    x[i] += amplitude * normal() - TIME_STEP * stiffness[i] * x[i]
                total += 1
                if 1.0 - x[0] <= MEAN_OVERSHOOT * amplitude:
                    break
        return total

    return lambda: int(kernel(100, 0))


def _batch(escape: Escape, n_paths: int, array: Any) -> tuple[Any, Any]:
    start = np.repeat(np.array(escape.start)[:, None], n_paths, axis=1)
    return array(start), array(np.array([0.0, *escape.stiffness])[:, None])


def numpy_vectorised(escape: Escape) -> Run:
    """Return NumPy over 16,384 paths at once, one step at a time."""
    n_paths, n_steps = 16_384, 100
    floor, barrier, rng = escape.well.floor, escape.well.barrier, np.random.default_rng(0)

    def run() -> int:
        x, stiffness = _batch(escape, n_paths, np.asarray)
        alive, normal = np.ones(n_paths), np.empty_like(x)
        for _ in range(n_steps):
            rng.standard_normal(out=normal)
            well = x[0] * x[0] - 1.0
            loss = floor + barrier * well * well + 0.5 * (stiffness * x * x).sum(axis=0)
            amplitude = np.sqrt(2.0 * TEMPERATURE * TIME_STEP * loss)
            gradient = stiffness * x
            gradient[0] = 4.0 * barrier * x[0] * well
            x += amplitude * normal - TIME_STEP * gradient
            alive *= 1.0 - x[0] > MEAN_OVERSHOOT * amplitude
        return n_paths * n_steps

    return run


def jax_scan(escape: Escape) -> Run:
    """Return a hand-written ``jax.lax.scan`` over 16,384 paths, single precision."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        raise Unavailable("jax is not installed") from error
    n_paths, n_steps = 16_384, 200
    floor, barrier = escape.well.floor, escape.well.barrier
    x0, stiffness = _batch(escape, n_paths, jnp.asarray)

    def step(state: Any, key: Any) -> tuple[Any, None]:
        x, alive = state
        well = x[0] * x[0] - 1.0
        loss = floor + barrier * well * well + 0.5 * (stiffness * x * x).sum(axis=0)
        amplitude = jnp.sqrt(2.0 * TEMPERATURE * TIME_STEP * loss)
        gradient = (stiffness * x).at[0].set(4.0 * barrier * x[0] * well)
        x = x + amplitude * jax.random.normal(key, x.shape) - TIME_STEP * gradient
        return (x, alive * (1.0 - x[0] > MEAN_OVERSHOOT * amplitude)), None

    @jax.jit
    def kernel(key: Any) -> Any:
        return jax.lax.scan(step, (x0, jnp.ones(n_paths)), jax.random.split(key, n_steps))[0]

    def run() -> int:
        jax.block_until_ready(kernel(jax.random.key(0)))
        return n_paths * n_steps

    return run


def diffrax_euler(escape: Escape) -> Run:
    """Return diffrax's Euler solver under ``vmap``, 4,096 paths."""
    try:
        import diffrax
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        raise Unavailable("diffrax is not installed") from error
    n_paths, n_steps, n = 4096, 200, escape.dimension
    floor, barrier = escape.well.floor, escape.well.barrier
    stiffness = jnp.array([0.0, *escape.stiffness])

    def drift(t: Any, x: Any, args: Any) -> Any:
        return -(stiffness * x).at[0].set(4.0 * barrier * x[0] * (x[0] * x[0] - 1.0))

    def amplitude(t: Any, x: Any, args: Any) -> Any:
        loss = floor + barrier * (x[0] * x[0] - 1.0) ** 2 + 0.5 * (stiffness * x * x).sum()
        return jnp.sqrt(2.0 * TEMPERATURE * loss) * jnp.eye(n)

    def solve(key: Any) -> Any:
        noise = diffrax.UnsafeBrownianPath(shape=(n,), key=key)
        terms = diffrax.MultiTerm(diffrax.ODETerm(drift), diffrax.ControlTerm(amplitude, noise))
        return diffrax.diffeqsolve(
            *(terms, diffrax.Euler(), 0.0, n_steps * TIME_STEP, TIME_STEP),
            jnp.array(escape.start),
            saveat=diffrax.SaveAt(t1=True),
            adjoint=diffrax.DirectAdjoint(),
            max_steps=n_steps + 8,
        ).ys

    kernel = jax.jit(jax.vmap(solve))

    def run() -> int:
        jax.block_until_ready(kernel(jax.random.split(jax.random.key(0), n_paths)))
        return n_paths * n_steps

    return run


def torchsde_euler(escape: Escape) -> Run:
    """Return torchsde's Euler method, 16,384 paths."""
    try:
        import torch
        import torchsde
    except ImportError as error:
        raise Unavailable("torchsde is not installed") from error
    n_paths, n_steps = 16_384, 50
    floor, barrier = escape.well.floor, escape.well.barrier
    stiffness = torch.tensor([0.0, *escape.stiffness])

    class Equation(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: Any, x: Any) -> Any:
            along = 4.0 * barrier * x[:, :1] * (x[:, :1] * x[:, :1] - 1.0)
            return -torch.cat([along, (stiffness * x)[:, 1:]], dim=1)

        def g(self, t: Any, x: Any) -> Any:
            well = x[:, :1] * x[:, :1] - 1.0
            loss = floor + barrier * well * well
            loss = loss + 0.5 * (stiffness * x * x).sum(dim=1, keepdim=True)
            return torch.sqrt(2.0 * TEMPERATURE * loss).expand(x.shape)

    start = torch.tensor(escape.start).repeat(n_paths, 1)
    times = torch.tensor([0.0, n_steps * TIME_STEP])

    def run() -> int:
        with torch.no_grad():
            torchsde.sdeint(Equation(), start, times, method="euler", dt=TIME_STEP)
        return n_paths * n_steps

    return run


def sdeint_euler(escape: Escape) -> Run:
    """Return sdeint's Itô–Euler method, one path."""
    try:
        import sdeint
    except ImportError as error:
        raise Unavailable("sdeint is not installed") from error
    n_steps, well, n = 20_000, escape.well, escape.dimension
    times = np.linspace(0.0, n_steps * TIME_STEP, n_steps + 1)

    def drift(x: Any, t: float) -> Any:
        return -np.array(well.gradient(x))

    def amplitude(x: Any, t: float) -> Any:
        return np.sqrt(2.0 * TEMPERATURE * well.loss(x)) * np.eye(n)

    def run() -> int:
        sdeint.itoEuler(drift, amplitude, np.array(escape.start), times)
        return n_steps

    return run


ENGINES: dict[str, Callable[[Escape], Run]] = {
    "landscape_sim": landscape_sim,
    "C, gcc " + " ".join(C_FLAGS): c_reference,
    "plain Numba": naive_numba,
    "JAX scan": jax_scan,
    "NumPy": numpy_vectorised,
    "torchsde": torchsde_euler,
    "diffrax": diffrax_euler,
    "sdeint": sdeint_euler,
}
