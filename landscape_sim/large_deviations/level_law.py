r"""The first passage of a line to a point on the slope, where no saddle decides: to a level, say.

.. math:: κ = |L'(c)| \sqrt{\frac{h^*}{π ε D^*}} \; e^{−ΔS_1 − V/ε},
          \qquad V = \int_{θ^*}^c p \, dθ,

in continuous time: the density without flux at ``c`` times the drift there, twice the half that an
absorbing end leaves. A chain in discrete time jumps past the end, which changes the prefactor and
not the exponent: the drift gives way to ``K/(B |p|)``, with ``K`` of
:mod:`landscape_sim.large_deviations.overshoot`, and

.. math:: κ = \frac{K}{B |p(c)|} \sqrt{\frac{h^*}{π ε D^*}} \; e^{−ΔS_1 − V/ε} .
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape_sim.large_deviations.contract import Hamiltonian
from landscape_sim.large_deviations.line_law import line_integrals
from landscape_sim.large_deviations.line_momentum import line_momentum
from landscape_sim.large_deviations.overshoot import log_first_passages
from landscape_sim.validation import InputError

_PROBES = 64
#: Of the logarithm of the prefactor.
_MOST_ERROR = 0.01


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
        Logarithm of the rate without ``exp(−V/ε)``; None for a chain whose kicks take so few values
        that the passage of the level depends on how they add up.
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
            Of a chain whose kicks take few values.
        """
        if self.log_prefactor is None:
            raise InputError(
                "the kicks take so few values that how far the last one leads past the end is not "
                f"known, and only the exponent is: V/ε = {self.action / self.noise_scale:.6g}; "
                "take more samples"
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
    density = 0.5 * math.log(h / (math.pi * epsilon * strength)) - difference
    flux = _log_flux(hamiltonian, float(end), float(drift[-1]))
    log_prefactor = None if flux is None else density + flux
    return LevelLaw(float(minimum), float(end), action, log_prefactor, epsilon)


def _log_flux(hamiltonian: Hamiltonian, end: float, drift: float) -> float | None:
    """Return the logarithm of the first passages per unit of time and density at the end."""
    n_kicks = hamiltonian.kicks_per_step
    if n_kicks == 0:
        return math.log(abs(drift))
    (momentum,) = line_momentum(hamiltonian, np.array([end]))

    def transform(arguments: Any) -> Any:
        """Return ``E e^{zX}`` of a step, one argument at a time: there may be many samples."""
        uphill = math.copysign(1.0, momentum) * arguments
        values = [
            hamiltonian.along_momentum(np.array([[end]]), np.array([[z]]), 0)[0, 0] for z in uphill
        ]
        return np.exp(n_kicks * np.array(values))

    log_passages, error = log_first_passages(transform, abs(momentum))
    return log_passages - math.log(n_kicks * abs(momentum)) if error < _MOST_ERROR else None
