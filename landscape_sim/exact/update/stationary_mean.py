r"""Averages over the stationary law of a chain, to a tolerance that counts its tail.

A grid ``x = centre + width · sinh z``, ``|z| <= z_max``, makes two errors: the nodes are some way
apart, and the law does not end at ``z_max``. A tail ``P(|x| > r) ∝ r^−s`` leaves
``e^{−s z_max}`` out, which halving the nodes cannot show; so the reach is lengthened too, until
neither matters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.update.landing_law import Array, JumpLaw
from landscape_sim.exact.update.transition import discrete_stationary_law
from landscape_sim.validation import InputError, require_count, require_relative_error

_FIRST_REACH, _LONGER = 3.0, 1.5
_MOST_NODES, _LONGEST_REACH = 2600, 300.0
#: More nodes do not help where the error falls by less than this.
_SLOWEST = 0.7


@dataclass(frozen=True)
class StationaryMean:
    """An average over a stationary law.

    Attributes
    ----------
    value : float
        The average.
    error : float
        Its change from half as many nodes and from a reach shorter by a third, added.
    reach : float
        ``z`` at the ends of the grid: it extends to ``width · sinh(reach)``.
    n_nodes : int
        Nodes of the grid.
    """

    value: float
    error: float
    reach: float
    n_nodes: int


def discrete_stationary_mean(
    jumps: JumpLaw,
    function: Callable[[Array], Array],
    centre: float,
    width: float,
    *,
    batch_size: int = 1,
    n_nodes: int = 161,
    relative_error: float = 1e-3,
) -> StationaryMean:
    """Return the average of ``function`` over the stationary law of a chain.

    Parameters
    ----------
    jumps, batch_size
        As for :func:`~landscape_sim.exact.update.transition.discrete_mean_first_passage_time`.
    function : callable
        Of an array of positions; it should grow no faster than a logarithm if the law's tail is
        a small power.
    centre, width : float
        Middle of the law, and a width of its core.
    n_nodes : int
        Nodes between ``z = −9`` and ``9`` to begin with; their density is doubled as needed.
    relative_error : float
        Bound on the error of the average, relative to it.

    Raises
    ------
    InputError
        If an argument is out of range, or the tolerance is not reached: steps far shorter than
        the width, or a tail that hardly falls, as at the end of the stationary range.

    Examples
    --------
    ``x' = x/2 + normal`` has the variance 4/3:

    >>> from landscape_sim.exact.update.landing_law import gaussian_law
    >>> chain = gaussian_law(lambda x: -x / 2, lambda x: 1.0)
    >>> round(discrete_stationary_mean(chain, lambda x: x**2, 0.0, 1.0).value, 4)
    1.3333
    """
    n_nodes = require_count("n_nodes", n_nodes, 16)
    tolerance = require_relative_error(relative_error)
    density, reach, cut = n_nodes / 18.0, _FIRST_REACH, np.inf

    def average(reach: float, density: float) -> tuple[float, float, int]:
        """Return the average, its change from half as many nodes, and their number."""
        nodes = max(24, int(2 * reach * density))
        if nodes > _MOST_NODES or reach > _LONGEST_REACH:
            raise _unresolved(reach)
        law = discrete_stationary_law(
            jumps, centre, width, batch_size=batch_size, n_nodes=nodes, reach=reach
        )
        return *law.mean(function), nodes

    value, coarseness, nodes = average(reach, density)
    while cut > tolerance / 4 * abs(value):
        reach *= _LONGER
        longer, coarseness, nodes = average(reach, density)
        value, cut = longer, abs(longer - value)
    while cut + coarseness > tolerance * abs(value):
        density, before = 2 * density, coarseness
        value, coarseness, nodes = average(reach, density)
        if coarseness > max(_SLOWEST * before, tolerance * abs(value)):
            raise _unresolved(reach)
    return StationaryMean(value, cut + coarseness, reach, nodes)


def _unresolved(reach: float) -> InputError:
    return InputError(
        f"the stationary law is not resolved by a grid up to z = {reach:.3g}: its steps are too "
        "short or its tail is too heavy; choose another learning rate"
    )
