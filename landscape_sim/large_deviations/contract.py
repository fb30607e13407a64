r"""What a process must say about itself: its Hamiltonian.

With the noise parameter ``ε`` the chance that a path ``θ(t)`` is followed is
``exp(−(1/ε) ∫ (p·θ' − H) dt)``, and the rate of an escape is ``exp(−V/ε)`` with the least action
``V = ∫ p·dθ`` of the paths with ``H(θ, p) = 0`` from the minimum to the saddle. ``H`` is convex
in ``p`` and zero at ``p = 0``; there ``∂H/∂p = −∇L``, so that time is ``t = ηk`` throughout.

All methods take ``m`` positions and momenta, two arrays of shape ``(m, n)``.

References
----------
Freidlin and Wentzell, *Random Perturbations of Dynamical Systems*; Heymann and Vanden-Eijnden,
Commun. Pure Appl. Math. 61 (2008) 1052.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Slopes(NamedTuple):
    """``H`` and its first derivatives.

    Attributes
    ----------
    value : ndarray, shape (m,)
        ``H``.
    position, momentum : ndarray, shape (m, n)
        ``∂H/∂θ`` and ``∂H/∂p``.
    """

    value: Array
    position: Array
    momentum: Array


class Curvatures(NamedTuple):
    """The second derivatives of ``H``.

    Attributes
    ----------
    position, mixed, momentum : ndarray, shape (m, n, n)
        ``∂²H/∂θ∂θ``, ``∂²H/∂p_i∂θ_j`` and ``∂²H/∂p∂p``.
    """

    position: Array
    mixed: Array
    momentum: Array


class Hamiltonian(Protocol):
    """A process with small noise, and all that its escapes depend on."""

    @property
    def noise_scale(self) -> float:
        """``ε``."""

    @property
    def kicks_per_step(self) -> int:
        """How many kicks a step of a chain in discrete time sums, 0 in continuous time.

        The chain is ``θ' = θ + ε (j_1 + … + j_B)`` with ``E exp(p·j) = exp H(θ, p)``: for SGD
        ``j = −∇ℓ_μ``, ``ε = η/B``, and ``B`` is the batch size.
        """

    @property
    def dimension(self) -> int:
        """``n``."""

    def slopes(self, position: Array, momentum: Array, /) -> Slopes:
        """Return ``H`` and its first derivatives."""

    def curvatures(self, position: Array, momentum: Array, /) -> Curvatures:
        """Return the second derivatives."""

    def spread(self, position: Array, momentum: Array, /) -> Array:
        """Return ``∂²H/∂p∂p`` alone, shape ``(m, n, n)``."""

    def along_momentum(self, position: Array, momentum: Array, order: int, /) -> Array:
        """Return ``H`` and its derivatives in ``p`` up to ``order ≤ 4``, shape ``(order + 1, m)``.

        In one dimension only: there the laws need them. Of a chain, order 0 also at complex
        momenta: the law of a level needs it.
        """
