r"""The first passage of a line to a point on the slope, where no saddle decides: to a level, say.

.. math:: κ = |L'(c)| \sqrt{\frac{h^*}{π ε D^*}} \; e^{−ΔS_1 − V/ε},
          \qquad V = \int_{θ^*}^c p \, dθ,

in continuous time: the density without flux at ``c`` times the drift there, twice the half that an
absorbing end leaves. A chain in discrete time jumps past the end, which changes the prefactor and
not the exponent; of it the exponent alone is known. For linear regression with normal inputs and
labels ``V = c − 1`` to ``c`` times the least loss, whatever the dimension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.large_deviations.contract import Hamiltonian
from landscape_sim.large_deviations.line_law import line_integrals
from landscape_sim.validation import InputError

_PROBES = 64


@dataclass(frozen=True)
class LevelLaw:
    """The rate of a first passage to one side.

    Attributes
    ----------
    minimum, end : float
        From where, and to which point.
    action : float
        ``V``.
    log_prefactor : float or None
        Logarithm of the rate without ``exp(−V/ε)``; None for a chain.
    noise_scale : float
        ``ε``.
    """

    minimum: float
    end: float
    action: float
    log_prefactor: float | None
    noise_scale: float

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate to leading order.

        Raises
        ------
        InputError
            Of a chain.
        """
        if self.log_prefactor is None:
            raise InputError(
                "how far the last kick of a chain leads past the end is not known, so that only "
                f"the exponent is: V/ε = {self.action / self.noise_scale:.6g}"
            )
        return self.log_prefactor - self.action / self.noise_scale


def level_law(hamiltonian: Hamiltonian, minimum: float, end: float) -> LevelLaw:
    """Return the law of the first passage from a minimum to a point uphill.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        In one dimension.
    minimum, end : float
        With no critical point beyond the minimum, up to the end.

    Raises
    ------
    InputError
        If the drift does not lead back all the way, or as :func:`line_integrals`.

    Examples
    --------
    A parabola under constant noise, ``V = h c²/D``:

    >>> from landscape_sim.dynamics import ConstantNoise
    >>> from landscape_sim.landscapes import QuadraticBowl
    >>> from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
    >>> bowl = QuadraticBowl.isotropic(floor=1.0, curvature=3.0, dimension=1)
    >>> hamiltonian = DiffusionHamiltonian.of_noise(bowl, ConstantNoise(0.5))  # D = 1
    >>> round(level_law(hamiltonian, 0.0, 2.0).action, 9)
    12.0
    """
    if hamiltonian.dimension != 1:
        raise InputError(f"the law of a level needs one dimension, got {hamiltonian.dimension}")
    way = minimum + (end - minimum) * (np.arange(1, _PROBES + 1)[:, None] / _PROBES)
    drift = hamiltonian.along_momentum(way, np.zeros_like(way), 1)[1]
    at_rest = np.array([[float(minimum)]])
    curvatures = hamiltonian.curvatures(at_rest, np.zeros_like(at_rest))
    h, strength = -float(curvatures.mixed[0, 0, 0]), float(curvatures.momentum[0, 0, 0])
    if end == minimum or not (drift * (end - minimum) < 0.0).all() or not h > 0.0:
        raise InputError(
            f"the drift does not lead back to {minimum:g} all the way from {end:g}: take a "
            "minimum, and an end before the next saddle"
        )
    action, difference, _ = line_integrals(hamiltonian, minimum, end)
    epsilon = hamiltonian.noise_scale
    log_prefactor = None
    if hamiltonian.kicks_per_step == 0:
        density = 0.5 * math.log(h / (math.pi * epsilon * strength)) - difference
        log_prefactor = math.log(abs(float(drift[-1]))) + density
    return LevelLaw(float(minimum), float(end), action, log_prefactor, epsilon)
