"""Absorption of a Markov chain, to full relative precision however rare it is.

``−Q u = f`` is solved for ``f ≥ 0``, with ``Q`` the rates among the states and a little leakage
into the targets. Where the absorption is rare ``Q`` is all but singular, and an LU
factorisation loses a digit for every decade of rate. The culprits are the bottoms of the
wells, one state each: they are eliminated last, by the algorithm of Grassmann, Taksar and
Heyman, which takes a pivot as the *sum* of the remaining rates. What remains without the
bottoms is well conditioned; as its inverse has no negative entry, nothing ever cancels.

References
----------
Grassmann, Taksar and Heyman, *Regenerative analysis and steady state distributions for Markov
chains*, Oper. Res. 33 (1985) 1107; O'Cinneide, *Entrywise perturbation theory and error
analysis for Markov chains*, Numer. Math. 65 (1993) 109.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.censoring import censor
from landscape_sim.exact.plane.dissection import dissection_order
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.scan import Scan
from landscape_sim.validation import InputError

Places = NDArray[np.intp]

_MOST_WELLS = 16
_WELL_WIDTH = 9  # nodes; of several minima so close together one is enough
#: So likely a jump into a target is out of a state that holds no path.
_DRAINING = 0.1


class Absorption:
    """A factorised chain.

    Parameters
    ----------
    chain : Chain
        Rates among the states and into the targets.

    Raises
    ------
    InputError
        If a rate under- or overflows.
    """

    def __init__(self, chain: Chain) -> None:
        from scipy.sparse import csc_array, diags_array
        from scipy.sparse.linalg import splu

        exits = chain.exits.sum(axis=0)
        if not (np.isfinite(chain.rates.data).all() and np.isfinite(exits).all()):
            raise _too_steep()  # SuperLU does not survive infinite entries
        bottoms = _well_bottoms(chain, exits)
        # Next to a node of one parity lie nodes of the other only.
        nodes = np.stack(np.nonzero(chain.states))
        parity = nodes.sum(axis=0) % 2
        is_passed = parity == parity[bottoms[0]]
        is_passed[bottoms] = False
        with np.errstate(all="ignore"):
            self._censored = censor(chain.rates, exits, is_passed)
        rates, exits, watched = (getattr(self._censored, k) for k in ("rates", "exits", "watched"))
        self._bottoms = np.searchsorted(watched, bottoms)
        rest = np.delete(np.arange(len(watched)), self._bottoms)
        order = dissection_order(nodes[:, watched[rest]])
        self._rest = _seams_last(rest[order], nodes[:, watched], chain.grid)
        leaving = exits + rates.sum(axis=1)
        from_rest = rates[self._rest]
        try:
            self._lu = splu(
                csc_array(diags_array(leaving[self._rest]) - from_rest[:, self._rest]),
                permc_spec="NATURAL",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            )
        except RuntimeError:  # SuperLU meets a state that nothing leaves
            raise _too_steep() from None
        self._into = from_rest[:, self._bottoms].toarray()
        self._out_of = rates[self._bottoms][:, self._rest]
        self._hits = self._lu.solve(self._into)
        missed = self._lu.solve(exits[self._rest])
        self._inverse = inverse_generator(
            rates[self._bottoms][:, self._bottoms].toarray() + self._out_of @ self._hits,
            exits[self._bottoms] + self._out_of @ missed,
        )

    def solve(self, source: Array) -> Array:
        """Return ``u`` with ``−Q u = f``, for ``f ≥ 0``."""
        onto = self._censored.source(source)
        between = self._lu.solve(onto[self._rest])
        at_bottoms = self._inverse @ (onto[self._bottoms] + self._out_of @ between)
        watched = self._merge(between + self._hits @ at_bottoms, at_bottoms)
        return self._censored.everywhere(watched, source)

    def solve_transposed(self, source: Array) -> Array:
        """Return ``p`` with ``−Qᵀ p = f``, for ``f ≥ 0``."""
        onto = self._censored.source(source, is_transposed=True)
        between = self._lu.solve(onto[self._rest], trans="T")
        at_bottoms = self._inverse.T @ (onto[self._bottoms] + self._into.T @ between)
        spread = self._lu.solve(self._out_of.T @ at_bottoms, trans="T")
        watched = self._merge(between + spread, at_bottoms)
        return self._censored.everywhere(watched, source, is_transposed=True)

    def _merge(self, rest: Array, bottoms: Array) -> Array:
        values = np.empty(len(rest) + len(bottoms))
        values[self._rest], values[self._bottoms] = rest, bottoms
        return values


def _too_steep() -> InputError:
    return InputError(
        "the potential changes by hundreds of noise strengths from cell to cell; raise the "
        "temperature or diffusion, or n_cells"
    )


def inverse_generator(rates: Array, exits: Array) -> Array:
    """Return the inverse of ``−Q``, ``Q`` given by its off-diagonal rates and its leakage.

    Entrywise precise, because nothing is subtracted.

    Examples
    --------
    >>> inverse_generator(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1e-30, 0.0]))
    array([[1.e+30, 1.e+30],
           [1.e+30, 1.e+30]])
    """
    rates, exits = rates.copy(), exits.copy()
    n = len(exits)
    np.fill_diagonal(rates, 0.0)
    sources = np.eye(n)
    pivots = np.empty(n)
    for last in range(n - 1, -1, -1):
        pivots[last] = rates[last, :last].sum() + exits[last]
        share = rates[:last, last] / pivots[last]
        rates[:last, :last] += np.outer(share, rates[last, :last])
        exits[:last] += share * exits[last]
        sources[:last] += np.outer(share, sources[last])
        np.fill_diagonal(rates, 0.0)
    inverse = np.empty((n, n))
    for row in range(n):
        inverse[row] = (sources[row] + rates[row, :row] @ inverse[:row]) / pivots[row]
    return inverse


def _well_bottoms(chain: Chain, exits: Array) -> NDArray[np.intp]:
    """Return the lowest state and those at local minima of the free energy, the deepest first.

    A state that is lowest only because a target begins beside it drains there: it is no well.
    """
    from scipy.ndimage import minimum_filter

    grid = chain.grid
    height = np.where(chain.states, grid.free_energy, np.inf)
    is_bottom = (height == minimum_filter(height, size=_WELL_WIDTH))[chain.states]
    is_bottom &= exits < _DRAINING * (exits + chain.rates.sum(axis=1))
    of_states = height[chain.states]
    is_bottom[np.argmin(of_states)] = True
    found = np.flatnonzero(is_bottom)
    return np.asarray(found[np.argsort(of_states[found])][:_MOST_WELLS])


def _seams_last(rest: Places, nodes: Places, grid: Scan) -> Places:
    """Return states with those beside a seam last: without it a closed axis is a line."""
    for axis in grid.closed:
        along = nodes[axis, rest]
        is_seam = (along == 0) | (along == len(grid.axes[axis]) - 2)
        rest = np.concatenate([rest[~is_seam], rest[is_seam]])
    return rest
