r"""How a chain in discrete time passes a level: it jumps past, and may have been past before.

Close to the level a chain is a random walk ``S_n`` with steps ``X``, ``E e^{pX} = 1``, and the
density without an absorbing end falls like ``e^{−p x}``. Seen backwards in time from behind the
level the walk has the tilted steps, which lead down; a passage is the first if it never comes
back. By Spitzer's identity the flux of first passages is ``ρ/p`` at the level times

.. math:: K = \exp\Bigl(−\sum_{n ≥ 1} \frac1n E \min(1, e^{p S_n})\Bigr)
            = \exp\Bigl(\frac1π \int_{−π/2}^{π/2}
              \log\bigl|1 − W\bigl(\tfrac p2 (1 + i \tan t)\bigr)\bigr| \, dt\Bigr),
          \qquad W(z) = E e^{zX},

from the transform ``p/(z(p − z))`` of ``min(1, e^{px})``, along the line half-way between the roots
of ``W = 1``.

References
----------
Asmussen, *Applied Probability and Queues* (2003), chapters VIII and XIII; Siegmund, *Sequential
Analysis* (1985), chapter VIII, for the sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: A midpoint rule has the nodes of one three times as coarse.
_NODES = 96


def log_first_passages(
    transform: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], momentum: float
) -> tuple[float, float]:
    """Return ``log K`` and its change from a third of the nodes.

    Parameters
    ----------
    transform : callable
        ``W`` at many complex arguments.
    momentum : float
        ``p > 0``, the root of ``W = 1``.

    Examples
    --------
    Two kicks of normal regression, ``W = 1/(c − (z − p/2)²)``, have a closed form:

    >>> level = 2.0
    >>> found, _ = log_first_passages(lambda z: 1.0 / (level - (z - 1.0) ** 2), 2.0)
    >>> round(found - 2.0 * math.log(2.0 / (1.0 + math.sqrt(level))), 9)
    0.0
    """
    turn = 0.5 * math.pi * (np.arange(_NODES) + 0.5) / _NODES  # one half: the integrand is even
    walk = transform(0.5 * momentum * (1.0 + 1j * np.tan(turn)))
    logarithms = np.log(np.abs(1.0 - walk))
    fine = float(logarithms.mean())
    return fine, abs(fine - float(logarithms[1::3].mean()))
