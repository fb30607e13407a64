"""How much of a spectrum to measure, as asked for and as a network allows."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.estimators.student import FEWEST
from landscape_sim.validation import InputError, require_count, require_seed

_EIGENVALUES = 40
_STEPS = 40


@dataclass(frozen=True)
class CurvatureSettings:
    """How much of the spectrum to measure.

    Attributes
    ----------
    n_eigenvalues : int or None
        Largest eigenvalues of Hessian and Gauss–Newton matrix. None: 40, or as many as the network
        allows.
    n_probes : int
        Random vectors for the spectral density and the traces, at least 4.
    n_steps : int or None
        Lanczos steps for each of them. None: 40, or one for each other eigenvalue.
    seed : int
        Of start and random vectors.
    by_layer : bool
        Whether to measure the Hessian's blocks of the layers too, as many eigenvalues of each.
    """

    n_eigenvalues: int | None = None
    n_probes: int = 4
    n_steps: int | None = None
    seed: int = 0
    by_layer: bool = False

    def __post_init__(self) -> None:
        if self.n_eigenvalues is not None:
            require_count("n_eigenvalues", self.n_eigenvalues, minimum=2)
        require_count("n_probes", self.n_probes, minimum=FEWEST)
        if self.n_steps is not None:
            require_count("n_steps", self.n_steps)
        require_seed(self.seed)


@dataclass(frozen=True)
class ChosenSpectrum:
    """The settings with every choice made."""

    n_eigenvalues: int
    n_probes: int
    n_steps: int
    seed: int
    by_layer: bool = False


def choose_spectrum(
    n_parameters: int, settings: CurvatureSettings, *, default_eigenvalues: int = _EIGENVALUES
) -> ChosenSpectrum:
    """Return the settings for a network of ``P`` parameters, before anything is measured.

    Raises
    ------
    InputError
        If more was asked for than it has.

    Examples
    --------
    >>> choose_spectrum(21, CurvatureSettings())
    ChosenSpectrum(n_eigenvalues=20, n_probes=4, n_steps=1, seed=0, by_layer=False)
    """
    k = settings.n_eigenvalues
    if k is None:
        k = max(2, min(default_eigenvalues, n_parameters - 1))
    if k >= n_parameters:
        raise InputError(f"n_eigenvalues {k} must be below the {n_parameters} parameters; lower it")
    n_others = n_parameters - k
    n_steps = min(_STEPS, n_others) if settings.n_steps is None else settings.n_steps
    if n_steps > n_others:
        raise InputError(
            f"n_steps {n_steps} is beyond the {n_others} eigenvalues that are not among the "
            f"largest {k}; lower it"
        )
    return ChosenSpectrum(k, settings.n_probes, n_steps, settings.seed, settings.by_layer)
