r"""All instantons from a minimum to a saddle, and the escape rate over it.

.. math:: κ = \sum \frac{λ_+}{2π} \sqrt{\frac{\det Z^*}{|\det Z^s|}} \; e^{−ΔS_1 − V/ε},

over the minimisers of the action: two paths that are mirror images count twice.

References
----------
Bouchet and Reygner, Ann. Henri Poincaré 17 (2016) 3499.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.polygon import spread_evenly
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.direct_action import BrokenLine, refined, rough_line
from landscape_sim.large_deviations.first_paths import first_paths
from landscape_sim.large_deviations.fixed_points import FixedPoint, fixed_point
from landscape_sim.large_deviations.heteroclinic import Orbit, heteroclinic
from landscape_sim.large_deviations.riccati import bundle
from landscape_sim.validation import InputError

MOST_DIMENSIONS = 20
#: Certificates: ``|H|`` along the path over the power, and the actions of two discretisations. The
#: broken line is in error by its curvature over the square of 240 pieces.
_ENERGY, _TWO_ACTIONS = 1e-6, 5e-3
#: Paths are one if they differ by less in the middle, over the distance of the ends.
_SAME = 0.02
#: Minimisers of the same action, as mirror images have, over the action: of a broken line of few
#: pieces, and of a solution. The law is asymptotic: any other path is no part of its leading order.
_ROUGHLY, _EQUAL = 0.05, 1e-5


class NoInstanton(InputError):
    """No path passed its checks.

    Attributes
    ----------
    action : float
        Of the cheapest broken line, which nothing certifies; −∞ if there is none.
    """

    def __init__(self, reason: str, action: float) -> None:
        super().__init__(reason)
        self.action = action


@dataclass(frozen=True, eq=False)
class Instanton:
    """A most likely path from a minimum to a saddle.

    Attributes
    ----------
    path, momenta : ndarray, shape (m, n)
        Points in the order of time, and ``p`` there.
    action : float
        ``V = ∫ p·dθ``.
    log_prefactor : float or None
        Logarithm of the rate without ``exp(−V/ε)``; None where only the exponent is known.
    reason : str
        Why there is no prefactor.
    noise_scale : float
        ``ε``.
    largest_energy : float
        ``|H|`` along the path, which ought to be zero, over the largest ``p·θ'``.
    action_difference : float
        From the action of a broken line, over the action.
    prefactor_error : float
        What extrapolating to the saddle changes in the logarithm.
    graphs : ndarray, shape (m, n, n), or None
        ``Z = ∇∇V`` at the points, where there is a prefactor: paths beside this one are spread
        with the covariance ``ε Z⁻¹``.
    """

    path: Array
    momenta: Array
    action: float
    log_prefactor: float | None
    reason: str
    noise_scale: float
    largest_energy: float
    action_difference: float
    prefactor_error: float
    graphs: Array | None

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate along this path.

        Raises
        ------
        InputError
            If only the exponent is known.
        """
        if self.log_prefactor is None:
            raise InputError(
                f"{self.reason}; the exponent V/ε is {self.action / self.noise_scale:.6g}"
            )
        return self.log_prefactor - self.action / self.noise_scale

    @property
    def bend(self) -> float:
        """Largest distance from the straight line between the ends, over its length."""
        along = self.path - self.path[0]
        chord = along[-1]
        away = along - np.outer(along @ chord, chord) / (chord @ chord)
        return float(np.linalg.norm(away, axis=1).max() / np.linalg.norm(chord))

    def distance(self, other: Instanton) -> float:
        """Return how far this path goes away from another, in deviations of the paths beside it.

        Zero where its bundle is not known.
        """
        from scipy.spatial import KDTree

        if self.graphs is None:
            return 0.0
        away = self.path - other.path[KDTree(other.path).query(self.path)[1]]
        squares = np.einsum("mi,mij,mj->m", away, self.graphs, away)
        return math.sqrt(max(float(squares.max()), 0.0) / self.noise_scale)


def find_instantons(
    hamiltonian: Hamiltonian,
    minimum: Position,
    saddle: Position,
    descent: Array | None = None,
) -> tuple[Instanton, ...]:
    """Return the distinct paths of least action: one, or mirror images.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        In at most twenty dimensions.
    minimum, saddle : tuple of float
        Critical points of the loss.
    descent : ndarray, shape (m, n), optional
        A path to begin from, such as that of steepest descent.

    Raises
    ------
    InputError
        If the ends are no minimum and saddle, or there are too many dimensions.
    NoInstanton
        If no path gives a solution of Hamilton's equations that passes its checks.

    Examples
    --------
    >>> from landscape_sim.dynamics import LossProportionalNoise
    >>> from landscape_sim.landscapes import SeparableDoubleWell
    >>> from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
    >>> well = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0,))
    >>> noise = LossProportionalNoise(0.1)
    >>> hamiltonian = DiffusionHamiltonian.of_noise(well, noise, noise_scale=0.1)
    >>> (only,) = find_instantons(hamiltonian, (-1.0, 0.0), (0.0, 0.0))
    >>> round(float(only.action / np.log(2.0)), 6)  # V = log(L^s/L*)
    1.0
    """
    if hamiltonian.dimension > MOST_DIMENSIONS:
        raise InputError(
            f"instantons are found in at most {MOST_DIMENSIONS} dimensions, got "
            f"{hamiltonian.dimension}; freeze directions with n_outliers"
        )
    ends = fixed_point(hamiltonian, minimum, 0), fixed_point(hamiltonian, saddle, 1)
    lines, refusals = _minimisers(hamiltonian, *ends, descent)
    found: list[Instanton] = []
    for line in lines:
        if line.action > (1.0 + _ROUGHLY) * lines[0].action:
            break
        try:
            one = _instanton(hamiltonian, *ends, refined(hamiltonian, line))
            # Two broken lines may lead to one solution, which counts once.
            if all(_apart(one.path, other.path) > _SAME * _length(*ends) for other in found):
                found.append(one)
        except InputError as refusal:
            refusals.append(str(refusal))
            # What is not known of the cheapest path is not known of the rate.
            if not found:
                break
    if not found:
        raise NoInstanton(refusals[-1], lines[0].action if lines else -math.inf)
    least = min(one.action for one in found)
    return tuple(one for one in found if one.action <= (1.0 + _EQUAL) * least)


def _minimisers(
    hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, descent: Array | None
) -> tuple[list[BrokenLine], list[str]]:
    """Return distinct local minimisers, the least action first, and what was refused."""
    found, refusals = list[BrokenLine](), list[str]()
    for path in first_paths(minimum, saddle, descent):
        try:
            found.append(rough_line(hamiltonian, path))
        except InputError as refusal:
            refusals.append(str(refusal))
    distinct: list[BrokenLine] = []
    for line in sorted(found, key=lambda one: one.action):
        apart = (_apart(line.corners, other.corners) for other in distinct)
        if all(distance > _SAME * _length(minimum, saddle) for distance in apart):
            distinct.append(line)
    return distinct, refusals


def _apart(one: Array, other: Array) -> float:
    """Return the largest distance of two paths at equal shares of their lengths."""
    pair = [spread_evenly(path, 21) for path in (one, other)]
    return float(np.linalg.norm(pair[0] - pair[1], axis=1).max())


def _length(minimum: FixedPoint, saddle: FixedPoint) -> float:
    return float(np.linalg.norm(saddle.position - minimum.position))


def _instanton(
    hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, line: BrokenLine
) -> Instanton:
    orbit = heteroclinic(hamiltonian, minimum, saddle, line)
    difference = abs(line.action - orbit.action) / orbit.action
    _require_certified(orbit, difference)
    log_prefactor, error, reason, graphs = None, float("nan"), "", None
    try:
        around = bundle(hamiltonian, minimum, saddle, orbit)
        log_prefactor, error = around.log_prefactor, around.error
        graphs = np.concatenate([minimum.graph[None], around.graphs, around.graphs[-1:]])
    except InputError as refusal:
        reason = str(refusal)
    return Instanton(
        path=np.vstack([minimum.position, orbit.positions, saddle.position]),
        momenta=np.vstack([0 * minimum.position, orbit.momenta, 0 * saddle.position]),
        action=orbit.action,
        log_prefactor=log_prefactor,
        reason=reason,
        noise_scale=hamiltonian.noise_scale,
        largest_energy=orbit.largest_energy,
        action_difference=difference,
        prefactor_error=error,
        graphs=graphs,
    )


def _require_certified(orbit: Orbit, difference: float) -> None:
    if not orbit.action > 0.0 or orbit.largest_energy > _ENERGY or difference > _TWO_ACTIONS:
        raise InputError(
            f"the action of the instanton is not certain: two discretisations differ by "
            f"{difference:.1e} of it, and |H| reaches {orbit.largest_energy:.1e}; try another "
            "noise strength or saddle"
        )
