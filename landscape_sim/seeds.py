"""Streams of random numbers: every case of a study draws from one of its own."""

from __future__ import annotations

import numpy as np


def case_seed(seed: int, *case: int) -> int:
    """Return the seed of one case of a study.

    The pair of the study's seed and the case is hashed, so that neither neighbouring seeds nor
    neighbouring cases share a stream, as they do where a number is added to the seed.

    Parameters
    ----------
    seed : int
        Of the study, not negative.
    *case : int
        The numbers of the case, none negative; without any, the stream of ``seed`` itself.

    Returns
    -------
    int
        In ``[0, 2**64)``.

    Examples
    --------
    >>> case_seed(0, 1) == case_seed(1, 0)
    False
    >>> case_seed(7, 2, 0) == case_seed(7, 2, 1)
    False
    """
    stream = np.random.SeedSequence(seed, spawn_key=case)
    return int(stream.generate_state(1, np.uint64)[0])
