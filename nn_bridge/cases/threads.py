"""How many threads sums are split between: their last bits depend on it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Threads:
    """Numbers of threads of a process.

    Attributes
    ----------
    torch : int
        Of torch.
    numpy : int
        Of NumPy and SciPy.
    """

    torch: int
    numpy: int

    def __str__(self) -> str:
        """Return them in words."""
        if self.torch == self.numpy:
            return f"{self.torch} thread{'s'[: self.torch - 1]}"
        return f"{self.torch} threads of torch and {self.numpy} of NumPy"


#: Dask starts every worker so.
OF_A_WORKER = Threads(1, 1)


def threads_here() -> Threads:
    """Return the numbers of this process."""
    said = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    numpy = int(said) if said.isdecimal() else len(os.sched_getaffinity(0))
    return Threads(torch.get_num_threads(), numpy)
