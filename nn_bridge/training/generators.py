"""Random numbers of torch, from a seed of any size."""

from __future__ import annotations

import torch

from landscape_sim.seeds import case_seed

_TORCH_TAKES = 2**63


def generator_of(seed: int) -> torch.Generator:
    """Return torch's generator of a seed that is not negative; what torch cannot take is hashed.

    Examples
    --------
    >>> generator_of(7).initial_seed()
    7
    >>> generator_of(10**30).initial_seed() == generator_of(10**30 + 1).initial_seed()
    False
    """
    return torch.Generator().manual_seed(seed if seed < _TORCH_TAKES else case_seed(seed))
