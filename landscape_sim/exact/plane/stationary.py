"""The stationary law of a chain that nothing leaves, to full relative precision.

Where the noise differs between the axes the law is not known in closed form. One state is held
fast: what the paths from there spend elsewhere before they are back is the law, up to a factor.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.generator import Chain


def stationary_law(chain: Chain) -> Array:
    """Return ``π`` with ``Qᵀ π = 0``, relative to its value at the start.

    Parameters
    ----------
    chain : Chain
        Without targets among the states' neighbours: every path comes back to the start.

    Raises
    ------
    InputError
        If a rate under- or overflows.

    References
    ----------
    Norris, *Markov Chains* (1997), theorem 3.5.2: the stationary law from excursions.
    """
    others = np.delete(np.arange(chain.exits.shape[1]), chain.start)
    without_start = chain.states.copy()
    without_start[chain.grid.start] = False
    excursion = replace(
        chain,
        rates=chain.rates[others][:, others],
        exits=chain.rates[others][:, [chain.start]].toarray().T,
        states=without_start,
    )
    out_of_start = chain.rates[[chain.start]][:, others].toarray()[0]
    law = np.ones(len(others) + 1)
    law[others] = Absorption(excursion).solve_transposed(out_of_start)
    return law
