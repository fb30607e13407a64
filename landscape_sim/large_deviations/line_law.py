r"""The escape rate over a saddle in one dimension, with its prefactor, for any Hamiltonian.

.. math:: κ = \frac{1}{2π} \sqrt{h^* |h^s| \frac{D^s}{D^*}} \; e^{−ΔS_1 − V/ε},
              \qquad V = \int p \, dθ, \qquad
          \frac{dS_1}{dθ} = \frac{H_{pθ} + \tfrac12 H_{pp} p'}{H_p} + \tfrac12 B H_θ,

along the root ``H(θ, p(θ)) = 0`` from minimum to saddle, ``h = ∂²L`` and ``D = ∂²H/∂p²`` at
``p = 0`` there, ``p' = −H_θ/H_p``. The last term of ``dS_1`` belongs to chains in discrete time and
vanishes where time is continuous (``B = 0``). The next order is in
:mod:`landscape_sim.large_deviations.line_correction`.

References
----------
Escudero and Kamenev, Phys. Rev. E 79 (2009) 041149 (jump processes); the term in ``B``
is derived on the page docs/large-deviations.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.line_momentum import line_momentum
from landscape_sim.validation import InputError

_FEWEST_NODES, _MOST_NODES = 24, 384
#: Accepted change of action and prefactor from two thirds of the nodes.
_TOLERANCE = 1e-8
#: A critical point has a drift this small, over the largest on the way.
_ROUNDING = 1e-6
#: Where another critical point on the way would show.
_PROBES = 64


@dataclass(frozen=True)
class LineLaw:
    """The rate over one saddle of a line.

    Attributes
    ----------
    minimum, saddle : float
        From where, and over which point.
    action : float
        ``V``.
    log_prefactor : float
        Logarithm of the rate without ``exp(−V/ε)``.
    noise_scale : float
        ``ε``.
    error : float
        Change of ``V/ε`` and of ``log_prefactor`` between two quadratures.
    """

    minimum: float
    saddle: float
    action: float
    log_prefactor: float
    noise_scale: float
    error: float

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate to leading order: exponent and prefactor."""
        return self.log_prefactor - self.action / self.noise_scale


def line_law(hamiltonian: Hamiltonian, minimum: float, saddle: float) -> LineLaw:
    """Return the law of the escape from a minimum over a neighbouring saddle.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        In one dimension.
    minimum, saddle : float
        With no other critical point between them.

    Raises
    ------
    InputError
        If they are no such points, no kick leads uphill, or two quadratures differ.

    Examples
    --------
    >>> from landscape_sim.dynamics.sgd import SGD
    >>> from landscape_sim.landscapes import find_critical_points
    >>> from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
    >>> from landscape_sim.models import phase_regression
    >>> data = phase_regression(label_noise=1.0, n_samples=1000, seed=0)
    >>> left, minimum, right, *_ = find_critical_points(data.landscape)[1:]
    >>> hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(0.2, 1))
    >>> law = line_law(hamiltonian, minimum.position[0], right.position[0])
    >>> round(law.action, 1)
    3.2
    """
    _require_passable(hamiltonian, minimum, saddle)
    action, difference, error = line_integrals(hamiltonian, minimum, saddle)
    return LineLaw(
        minimum=float(minimum),
        saddle=float(saddle),
        action=action,
        log_prefactor=_log_attempts(hamiltonian, minimum, saddle) - difference,
        noise_scale=hamiltonian.noise_scale,
        error=error,
    )


def line_integrals(
    hamiltonian: Hamiltonian, start: float, end: float
) -> tuple[float, float, float]:
    """Return ``V`` and ``ΔS_1`` between two points of a line, and what a finer rule changes.

    Raises
    ------
    InputError
        If no kick leads uphill, or two quadratures differ.
    """
    found = _integrals(hamiltonian, start, end, _FEWEST_NODES)
    n_nodes, error = _FEWEST_NODES, math.inf
    while error > _TOLERANCE and n_nodes < _MOST_NODES:
        previous, n_nodes = found, 3 * n_nodes // 2
        found = _integrals(hamiltonian, start, end, n_nodes)
        change = np.abs(np.subtract(found, previous))
        error = float(max(change[0] / hamiltonian.noise_scale, change[1]))
    if error > _TOLERANCE * max(1.0, abs(found[0]) / hamiltonian.noise_scale):
        raise InputError(
            f"the action between {start:g} and {end:g} is known to {error:.1e} only with "
            f"{n_nodes} nodes: loss or noise vary too fast there; smooth them"
        )
    return (*found, error)


def _integrals(
    hamiltonian: Hamiltonian, minimum: float, saddle: float, n_nodes: int
) -> tuple[float, float]:
    """Return ``V`` and ``ΔS_1`` by Gauss's rule."""
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    half = 0.5 * (saddle - minimum)
    x = (minimum + half * (1.0 + nodes))[:, None]
    p = line_momentum(hamiltonian, x[:, 0])
    first, second = hamiltonian.slopes(x, p[:, None]), hamiltonian.curvatures(x, p[:, None])
    rising = -first.position[:, 0] / first.momentum[:, 0]
    slope = second.mixed[:, 0, 0] + 0.5 * second.momentum[:, 0, 0] * rising
    slope = slope / first.momentum[:, 0]
    slope += 0.5 * hamiltonian.kicks_per_step * first.position[:, 0]
    return float(half * (weights @ p)), float(half * (weights @ slope))


def _log_attempts(hamiltonian: Hamiltonian, minimum: float, saddle: float) -> float:
    """Return the logarithm of ``(1/2π) sqrt(h* |h^s| D^s/D*)``."""
    x = np.array([[minimum], [saddle]])
    at_rest = hamiltonian.curvatures(x, np.zeros_like(x))
    h, d = np.abs(at_rest.mixed[:, 0, 0]), at_rest.momentum[:, 0, 0]
    return 0.5 * math.log(h[0] * h[1] * d[1] / d[0]) - math.log(2.0 * math.pi)


def _require_passable(hamiltonian: Hamiltonian, minimum: float, saddle: float) -> None:
    """Refuse ends that are no minimum and saddle, and a way with another critical point."""
    if hamiltonian.dimension != 1:
        raise InputError(
            f"the law of a line needs one dimension, got {hamiltonian.dimension}; see Escape.rate "
            "with the method 'instanton'"
        )
    ends = np.array([[minimum], [saddle]], dtype=float)
    between = minimum + (saddle - minimum) * (np.arange(1, _PROBES)[:, None] / _PROBES)
    drift = _drift(hamiltonian, between)
    rest = hamiltonian.curvatures(ends, np.zeros_like(ends)).mixed[:, 0, 0]
    at_ends = np.abs(_drift(hamiltonian, ends))
    if not (at_ends <= _ROUNDING * np.abs(drift).max()).all() or not rest[0] < 0.0 < rest[1]:
        raise InputError(
            f"{minimum:g} and {saddle:g} are no minimum and saddle of the loss; take them from "
            "find_critical_points"
        )
    if not (drift * (saddle - minimum) < 0.0).all():
        raise InputError(
            f"there is another critical point between {minimum:g} and {saddle:g}; take the saddle "
            "next to the minimum"
        )


def _drift(hamiltonian: Hamiltonian, x: Array) -> Array:
    return np.asarray(hamiltonian.along_momentum(x, np.zeros_like(x), 1)[1])
