"""The package on its own: kernels by scheme, dimension and landscape, and the exact solver."""

from __future__ import annotations

import pytest

import landscape_sim as ls
from benchmarks.work import TEMPERATURE, TIME_STEP, WELLS, Escape

#: A scheme in the random time takes its step in units of that time: times the loss at the minimum.
SCHEMES = {
    ls.EulerMaruyama: 1.0,
    ls.Milstein: 1.0,
    ls.TimeChangedEuler: WELLS[1].floor,
    ls.LeimkuhlerMatthews: WELLS[1].floor,
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("dimension", WELLS)
def test_first_passage(benchmark, scheme, dimension):
    if scheme is ls.Milstein and dimension > 1:
        pytest.skip("Milstein's scheme is for one dimension")
    escape, time_step = Escape(dimension), TIME_STEP * SCHEMES[scheme]
    sample = benchmark.pedantic(
        lambda: escape.simulate(500, scheme, time_step=time_step), warmup_rounds=1, rounds=5
    )
    benchmark.extra_info["path_steps"] = sample


@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_first_passage_tilted(benchmark, tilt):
    well = ls.TiltedDoubleWell.from_loss_ratio(2.5, 0.25, tilt)
    route = ls.find_escape_route(well)
    steps = benchmark.pedantic(
        lambda: (
            ls.simulate_first_passage(
                well,
                ls.EulerMaruyama(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP),
                route.minimum.position,
                ls.HalfSpace.beyond(route.destination.position, seen_from=route.minimum.position),
                n_paths=500,
                max_time=1e6,
                seed=0,
                n_threads=1,
            ).path_steps
        ),
        warmup_rounds=1,
        rounds=5,
    )
    benchmark.extra_info["path_steps"] = steps


@pytest.mark.parametrize("dimension", WELLS)
def test_first_passage_formula(benchmark, dimension):
    """The same escapes with the landscape from a formula; compare with test_first_passage."""
    escape = Escape(dimension)
    across = "".join(f" + {k!r}/2*x{i}**2" for i, k in enumerate(escape.stiffness, start=1))
    well = ls.Landscape.from_expression(
        f"{escape.well.floor!r} + {escape.well.barrier!r}*(x0**2 - 1)**2{across}",
        [f"x{i}" for i in range(dimension)],
    )
    steps = benchmark.pedantic(
        lambda: (
            ls.simulate_first_passage(
                well,
                ls.EulerMaruyama(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP),
                escape.start,
                escape.target,
                n_paths=500,
                max_time=1e6,
                seed=0,
                n_threads=1,
            ).path_steps
        ),
        warmup_rounds=1,
        rounds=5,
    )
    benchmark.extra_info["path_steps"] = steps


@pytest.mark.parametrize("scheme", SCHEMES)
def test_occupation(benchmark, scheme):
    time_step = TIME_STEP * SCHEMES[scheme]
    sample = benchmark.pedantic(
        lambda: (
            ls.sample_stationary(
                WELLS[1],
                scheme(ls.LossProportionalNoise(TEMPERATURE), time_step),
                (-1.0,),
                n_paths=320,
                n_samples=1000,
                sampling_interval=200 * time_step,
                burn_in=0.0,
                seed=0,
                n_threads=1,
            ).path_steps
        ),
        warmup_rounds=1,
        rounds=5,
    )
    benchmark.extra_info["path_steps"] = sample


@pytest.mark.parametrize("temperature", [0.3, 0.03, 0.003])
def test_exact_quadrature(benchmark, temperature):
    noise, target = ls.LossProportionalNoise(temperature), ls.HalfSpace(1.0, (1.0,))
    benchmark(ls.mean_first_passage_time, WELLS[1], noise, (-1.0,), target)
