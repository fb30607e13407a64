"""First-passage samples of known law."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from landscape_sim.results import FirstPassageSample

Draw = Callable[[np.random.Generator, int], np.ndarray]


def draw_exponential(rng: np.random.Generator, n_paths: int) -> np.ndarray:
    return rng.exponential(size=n_paths)


def replicate_samples(
    n_samples: int,
    n_paths: int,
    max_time: float = np.inf,
    draw: Draw = draw_exponential,
    seed: int = 20210519,
) -> Iterator[FirstPassageSample]:
    rng = np.random.default_rng(seed)
    for _ in range(n_samples):
        times = draw(rng, n_paths)
        yield FirstPassageSample(np.minimum(times, max_time), times > max_time)


@pytest.fixture(scope="session")
def samples() -> Callable[..., Iterator[FirstPassageSample]]:
    """Replicates censored at ``max_time``; exponential at rate 1 unless ``draw`` is given."""
    return replicate_samples


def forget_censoring(sample: FirstPassageSample) -> FirstPassageSample:
    return FirstPassageSample(sample.times, np.zeros(sample.times.size, dtype=bool))


def drop_censored(sample: FirstPassageSample) -> FirstPassageSample:
    times = sample.times[~sample.is_censored]
    return FirstPassageSample(times, np.zeros(times.size, dtype=bool))


@pytest.fixture(scope="session")
def mistreat() -> dict[str, Callable[[FirstPassageSample], FirstPassageSample]]:
    """The two classic ways to get censoring wrong: the negative controls."""
    return {"forget": forget_censoring, "drop": drop_censored}
