"""Path-steps per second of the first-passage kernel, one thread, and of the exact quadrature.

Run with ``python -m pytest benchmarks``; ``--benchmark-json`` keeps the path-steps per second.
"""

from __future__ import annotations

import pytest

import landscape_sim as ls

WELLS = {
    1: ls.QuarticDoubleWell.from_loss_ratio(2.5, 0.25),
    4: ls.SeparableDoubleWell.from_loss_ratio(3.6, 0.25, (2.0, 2.0, 2.0)),
}


@pytest.mark.parametrize("dimension", WELLS)
def test_first_passage_kernel(benchmark, dimension):
    zeros = (0.0,) * (dimension - 1)

    def simulate():
        return ls.simulate_first_passage(
            WELLS[dimension],
            ls.EulerMaruyama(ls.LossProportionalNoise(0.2), 0.01),
            (-1.0, *zeros),
            ls.HalfSpace.beyond((1.0, *zeros), seen_from=(-1.0, *zeros)),
            n_paths=2000,
            max_time=1e6,
            seed=0,
            n_threads=1,
        )

    sample = benchmark.pedantic(simulate, warmup_rounds=1, rounds=5)
    benchmark.extra_info["path_steps_per_second"] = sample.path_steps / benchmark.stats["median"]


@pytest.mark.parametrize("temperature", [0.3, 0.03, 0.003])
def test_exact_quadrature(benchmark, temperature):
    benchmark(ls.mean_first_passage_time, WELLS[1], -1.0, 1.0, temperature=temperature)
