"""A Markov chain that is watched on some of its states only.

On its way from one of these to another it passes through the rest. Where no two of the rest are
neighbours, one step leads there and the next one away: from ``i`` to ``j`` at the rate
``r_ij + Σ_p r_ip r_pj / (rate out of p)``. That is an elimination of the rest in which nothing is
subtracted, as in the algorithm of Grassmann, Taksar and Heyman.

References
----------
Kemeny and Snell, *Finite Markov Chains* (1960), section 6.1, for the chain that is watched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.frame import Array


@dataclass(frozen=True, eq=False)
class CensoredChain:
    """A chain on the states that are watched, and the way back to all of them.

    Attributes
    ----------
    watched, passed : ndarray of int
        Numbers of the states.
    rates : scipy.sparse.csr_array
        Rates between watched states, without diagonal.
    exits : ndarray
        Rates from watched states into the targets.
    into, out_of : scipy.sparse.csr_array
        Rates from watched states into those that are passed, and back.
    leaving : ndarray
        Rates out of the states that are passed.
    """

    watched: NDArray[np.intp]
    passed: NDArray[np.intp]
    rates: Any
    exits: Array
    into: Any
    out_of: Any
    leaving: Array

    def source(self, source: Array, *, is_transposed: bool = False) -> Array:
        """Return ``f'`` of ``−Q' u = f'`` on the watched states for ``−Q u = f`` on all."""
        ways = self.out_of.T if is_transposed else self.into
        return np.asarray(source[self.watched] + ways @ (source[self.passed] / self.leaving))

    def everywhere(self, watched: Array, source: Array, *, is_transposed: bool = False) -> Array:
        """Return ``u`` on all states from its values on the watched ones."""
        ways = self.into.T if is_transposed else self.out_of
        values = np.empty(len(source))
        values[self.watched] = watched
        values[self.passed] = (source[self.passed] + ways @ watched) / self.leaving
        return values


def censor(rates: Any, exits: Array, is_passed: NDArray[np.bool_]) -> CensoredChain:
    """Return the chain that is not watched on some states, no two of which are neighbours.

    Parameters
    ----------
    rates : scipy.sparse.csr_array, shape (n, n)
        Rates among all states, without diagonal.
    exits : ndarray, shape (n,)
        Rates into the targets.
    is_passed : ndarray of bool, shape (n,)
        The states that are not watched; something must leave each of them.

    Examples
    --------
    From either end of three states in a row half of the jumps to the middle lead to the other.

    >>> from scipy.sparse import csr_array
    >>> row = csr_array([[0.0, 1.0, 0.0], [3.0, 0.0, 3.0], [0.0, 1.0, 0.0]])
    >>> chain = censor(row, np.zeros(3), np.array([False, True, False]))
    >>> chain.rates.toarray()
    array([[0. , 0.5],
           [0.5, 0. ]])
    """
    watched, passed = np.flatnonzero(~is_passed), np.flatnonzero(is_passed)
    from_watched, out_of = rates[watched], rates[passed][:, watched]
    into = from_watched[:, passed]
    leaving = exits[passed] + out_of.sum(axis=1)
    onward = out_of.copy()
    onward.data /= np.repeat(leaving, np.diff(out_of.indptr))
    jumps = from_watched[:, watched] + into @ onward
    jumps.setdiag(0.0)
    exits = exits[watched] + into @ (exits[passed] / leaving)
    return CensoredChain(watched, passed, jumps, exits, into, out_of, leaving)
