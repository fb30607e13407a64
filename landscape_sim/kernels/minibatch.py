"""Mini-batch SGD on data, generic over model and update rule: first passage and sampling.

Steps depend on the one before, and the data are read at random, so nothing here is packed:
a path's position, velocity and generator live in registers. Every path draws from its own
stream, and a path that is cut short by the budget of a call goes on in the next one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim import vectors
from landscape_sim.jit import inlined
from landscape_sim.kernels import bridge
from landscape_sim.random_numbers.xoshiro import next_word, seed_lane

REACHED, CENSORED, DIVERGED = 1, 2, 3
_u64 = np.uint64
_TWO_TO_MINUS_32 = 2.0**-32


class Training(NamedTuple):
    """What every step of SGD on data is made with.

    It holds numbers only: a record of arrays would cost reference counts at every look-up.

    Attributes
    ----------
    model, rule : NamedTuple
        See :mod:`landscape_sim.kernels.bridge` for the methods they need.
    start : tuple of float
        Position of every path at the start.
    row : tuple of float
        Any input: its length is that of a column of the data.
    n_batch : int
        ``B``.
    alone : tuple
        ``(1,)`` for batches of one, ``()`` for others: the compiler then knows that there is
        no loop.
    key : uint64
        Key of the random streams; path ``i`` uses the stream ``(key, i)``.
    """

    model: Any
    rule: Any
    start: tuple[float, ...]
    row: tuple[float, ...]
    n_batch: int
    alone: tuple[int, ...]
    key: Any


class Samples(NamedTuple):
    """The data."""

    inputs: NDArray[np.float64]  # (m, N)
    targets: NDArray[np.float64]  # (N,)


class Passages(NamedTuple):
    """What became of every path; written at its end."""

    steps: NDArray[np.int64]  # (n_paths,): steps made
    outcome: NDArray[np.int8]  # (n_paths,): REACHED, CENSORED, DIVERGED, or 0 if not ended

    @classmethod
    def empty(cls, n_paths: int) -> Passages:
        """Return the passages of paths that have not begun."""
        return cls(np.zeros(n_paths, np.int64), np.zeros(n_paths, np.int8))


class Walker(NamedTuple):
    """One path at a time, and the range of paths that are still to be run."""

    position: NDArray[np.float64]  # (2, n): position and velocity
    generator: NDArray[np.uint32]  # (4, 1)
    order: NDArray[np.int64]  # (N,) where an epoch takes every sample once, else (0,)
    place: NDArray[np.int64]  # (4,): next path, end of the range, steps made, place in the epoch

    @classmethod
    def ready(cls, dimension: int, n_order: int, first: int, end: int) -> Walker:
        """Return a walker in front of the paths ``first … end − 1``."""
        return cls(
            position=np.zeros((2, dimension)),
            generator=np.ones((4, 1), np.uint32),
            order=np.arange(n_order),
            place=np.array([first, end, 0, 0]),
        )


@inlined
def _begin(training: Training, walker: Walker) -> None:
    """Put the walker at the start of its next path."""
    seed_lane(walker.generator, 0, training.key, walker.place[0])
    for i in range(len(training.start)):
        walker.position[0, i], walker.position[1, i] = training.start[i], 0.0
    for i in range(len(walker.order)):
        walker.order[i] = i
    walker.place[2], walker.place[3] = 0, 0


@inlined
def _below(word: Any, n: int) -> Any:
    """Return an integer in ``[0, n)``; no probability is off by more than ``n 2^−32`` of it.

    It is unsigned: a signed index would be tested for a place counted from the end.
    """
    return (_u64(word) * _u64(n)) >> _u64(32)


@inlined
def _uniform(word: Any) -> float:
    return (np.float64(word) + 0.5) * _TWO_TO_MINUS_32


@inlined
def _step(
    training: Training,
    inputs: Any,
    targets: Any,
    order: Any,
    x: Any,
    velocity: Any,
    place: int,
    generator: Any,
) -> Any:
    """Return position, velocity, place in the epoch and generator after one batch."""
    s0, s1, s2, s3 = generator
    model, rule = training.model, training.rule
    n_order, n_samples = len(order), 1 if len(training.alone) == 1 else training.n_batch
    # As with drop_last, what is left of an epoch and fills no batch is not used.
    if place + n_samples > n_order:
        place = 0
    # What can be is kept out of the chain from one position to the next: two fused
    # multiply-adds a step are left of it for batches of one.
    total, weight = rule.base(x, velocity), rule.weight() / n_samples
    for _ in range(n_samples):
        word, s0, s1, s2, s3 = next_word(s0, s1, s2, s3)
        if n_order == 0:
            i = _below(word, len(targets))
        else:
            # One step of Fisher and Yates' shuffle: no sample of the epoch comes twice.
            other = _u64(place) + _below(word, n_order - place)
            i = _u64(order[other])
            order[other] = order[place]
            order[place] = i
            place += 1
        row = bridge.load(inputs, i, training.row)
        residual = model.prediction(x, row) - targets[i]
        if rule.label_noise.is_random():
            first, s0, s1, s2, s3 = next_word(s0, s1, s2, s3)
            second, s0, s1, s2, s3 = next_word(s0, s1, s2, s3)
            residual -= rule.label_noise.shift(_uniform(first), _uniform(second))
        slope = vectors.scale(weight, model.prediction_gradient(x, row))
        total = vectors.displace(total, residual, slope)
    x, velocity = rule.advance(x, velocity, total)
    return x, velocity, place, (s0, s1, s2, s3)


# Long: one loop over paths; what they share between two steps lives in registers.
def run_passages(
    training: Training,
    samples: Samples,
    target: Any,
    max_steps: int,
    walker: Walker,
    passages: Passages,
    budget: int,
) -> bool:
    """Run paths to their first passage for ``budget`` steps; return whether any is left.

    Parameters
    ----------
    training, samples
        How every step is made, and of what.
    target : NamedTuple
        With the method ``distance``.
    max_steps : int
        A path is censored after that many steps.
    walker : Walker
        Which paths, and how far the present one has come; updated.
    passages : Passages
        Updated.
    budget : int
        Steps before the caller gets a chance to report or to stop.
    """
    # Every array is unpacked once: each look-up in a tuple of arrays costs a pair of atomic
    # reference counts.
    generator, order, counts = walker.generator, walker.order, walker.place
    (inputs, targets), (steps, outcome), start = samples, passages, training.start
    while counts[0] < counts[1] and budget > 0:
        if counts[2] == 0:
            _begin(training, walker)
        x = bridge.load(walker.position.T, 0, start)
        velocity = bridge.load(walker.position.T, 1, start)
        state = (generator[0, 0], generator[1, 0], generator[2, 0], generator[3, 0])
        made, place, waits = counts[2], counts[3], True
        end = min(max_steps, made + budget)
        budget -= end - made
        while waits and made < end:
            x, velocity, place, state = _step(
                training, inputs, targets, order, x, velocity, place, state
            )
            made += 1
            # Written so that a NaN, the mark of divergence, counts as an end.
            waits = target.distance(x) > 0.0
        budget += end - made
        for i in range(len(start)):
            walker.position[0, i], walker.position[1, i] = x[i], velocity[i]
        generator[0, 0], generator[1, 0], generator[2, 0], generator[3, 0] = state
        counts[2], counts[3] = made, place
        if not waits or made == max_steps:
            i = counts[0]
            steps[i] = made
            outcome[i] = CENSORED if waits else REACHED
            if not waits and not target.distance(x) <= 0.0:
                outcome[i] = DIVERGED
            counts[0], counts[2] = i + 1, 0
    return bool(counts[0] < counts[1])


def run_samples(
    training: Training, samples: Samples, steps_per_sample: int, walker: Walker, positions: Any
) -> None:
    """Write every ``steps_per_sample``-th position of the walker's path to ``positions``.

    The walker begins its path where it has made no step; ``positions`` has the shape
    ``(n_samples, n)``. The other parameters are those of :func:`run_passages`.
    """
    generator, order, counts = walker.generator, walker.order, walker.place
    (inputs, targets), start = samples, training.start
    if counts[2] == 0:
        _begin(training, walker)
    x = bridge.load(walker.position.T, 0, start)
    velocity = bridge.load(walker.position.T, 1, start)
    state = (generator[0, 0], generator[1, 0], generator[2, 0], generator[3, 0])
    place = counts[3]
    for sample in range(len(positions)):
        for _ in range(steps_per_sample):
            x, velocity, place, state = _step(
                training, inputs, targets, order, x, velocity, place, state
            )
        for i in range(len(start)):
            positions[sample, i] = x[i]
    for i in range(len(start)):
        walker.position[0, i], walker.position[1, i] = x[i], velocity[i]
    generator[0, 0], generator[1, 0], generator[2, 0], generator[3, 0] = state
    counts[2] += steps_per_sample * len(positions)
    counts[3] = place
