"""Which first passages to measure, and how many replicas of SGD."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.comparison.network.tangent_model import MOST_DIRECTIONS
from landscape_sim.validation import InputError, require_count
from nn_bridge.measurements.replica_losses import find_evaluation, require_thresholds


@dataclass(frozen=True)
class EscapeSettings:
    """Which first passages to measure, and how many replicas of SGD.

    Attributes
    ----------
    thresholds : tuple of float
        Values of ``c``, rising and above 1.
    n_replicas : int
        Runs of SGD, stepped together.
    max_steps : int
        Steps after which those still on their way are censored.
    look_every : int
        Steps between two looks at the full loss.
    n_eigenvalues : int or None
        Of the Hessian, for ``n`` and ``h*``. None: 20, or as many as the network allows.
    evaluation : str
        Of the full loss, see :func:`~nn_bridge.measurements.replica_losses.follow_losses`.
    n_directions : int
        Of the tangent model, the first rung of the chain of approximations that
        :func:`~nn_bridge.measurements.cross_check.cross_check` climbs down, at most 64; 0 for none.
        There is none for several outputs or another loss than the mean square.
    """

    thresholds: tuple[float, ...] = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
    n_replicas: int = 40
    max_steps: int = 2000
    look_every: int = 1
    n_eigenvalues: int | None = None
    evaluation: str = "full"
    n_directions: int = 16

    def __post_init__(self) -> None:
        require_thresholds(self.thresholds)
        find_evaluation(self.evaluation)
        require_count("n_replicas", self.n_replicas, minimum=2)
        if require_count("n_directions", self.n_directions, minimum=0) > MOST_DIRECTIONS:
            raise InputError(
                f"n_directions {self.n_directions} are more than {MOST_DIRECTIONS}; take fewer"
            )
        require_count("look_every", self.look_every)
        require_count("max_steps", self.max_steps, minimum=self.look_every)
        if self.n_eigenvalues is not None:
            require_count("n_eigenvalues", self.n_eigenvalues, minimum=2)
