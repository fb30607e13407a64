"""One stream for every pair of a seed and a case."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.seeds import case_seed


def test_is_the_child_that_numpy_spawns():
    children = np.random.SeedSequence(12).spawn(3)
    assert [case_seed(12, number) for number in range(3)] == [
        int(child.generate_state(1, np.uint64)[0]) for child in children
    ]


def test_no_two_pairs_share_a_stream():
    pairs = [(seed, *case) for seed in range(20) for case in [(), *((i,) for i in range(20))]]
    pairs += [(seed, i, j) for seed in range(5) for i in range(5) for j in range(5)]
    assert len({case_seed(*pair) for pair in pairs}) == len(pairs)
    # Negative control: a number that is added to the seed shares nearly all of them.
    assert len({seed + i for seed in range(20) for i in range(20)}) == 39


def test_a_negative_number_is_no_stream():
    with pytest.raises(ValueError, match="non-negative"):
        case_seed(-1)
