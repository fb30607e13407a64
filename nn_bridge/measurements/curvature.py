"""The curvature of a minimum, measured: spectrum, outliers by every rule, prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from landscape_sim.comparison.network.prediction import predict_exponents
from landscape_sim.estimators.outliers import estimate_outliers
from landscape_sim.validation import require_count, require_positive
from nn_bridge.curvature.gauss_newton import gauss_newton_eigenvalues
from nn_bridge.curvature.hessian import (
    TopEigenpairs,
    gradient_norm,
    hessian_operator,
    top_eigenpairs,
)
from nn_bridge.curvature.spectral_density import spectral_density
from nn_bridge.data.datasets import Dataset
from nn_bridge.measurements.curvature_tables import CurvatureStudy
from nn_bridge.training.sgd import full_loss


@dataclass(frozen=True)
class CurvatureSettings:
    """What to measure, and for which SGD to predict."""

    learning_rate: float
    batch_size: float
    loss: str = "mean-square"
    n_eigenvalues: int = 40
    n_probes: int = 4
    n_steps: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive("learning_rate", self.learning_rate)
        require_positive("batch_size", self.batch_size)
        require_count("n_eigenvalues", self.n_eigenvalues, minimum=2)


def study_curvature(
    network: nn.Module,
    dataset: Dataset,
    settings: CurvatureSettings,
    *,
    started: Callable[[str], None] = lambda part: None,
    after_product: Callable[[], None] | None = None,
    found_eigenvalues: Callable[[TopEigenpairs], None] = lambda pairs: None,
) -> CurvatureStudy:
    """Measure Hessian and Gauss–Newton spectrum at ``network`` and predict the exponent.

    Parameters
    ----------
    network : Module
        Of any kind; it is not changed.
    dataset : Dataset
    settings : CurvatureSettings
    started, after_product : callable, optional
        Told the name of each part, and called after each product: for a progress bar.
    found_eigenvalues : callable, optional
        Given the Hessian's eigenvalues before the rest begins.

    Raises
    ------
    InputError
        If network, loss and data do not fit one another, a number is out of range or the
        memory will not suffice.
    """
    hessian = hessian_operator(network, dataset, settings.loss)
    seed = settings.seed
    started("eigenvalues of the Hessian")
    top = top_eigenpairs(hessian, settings.n_eigenvalues, seed=seed, after_product=after_product)
    found_eigenvalues(top)
    started("spectral density")
    density = spectral_density(
        hessian,
        top,
        n_probes=settings.n_probes,
        n_steps=settings.n_steps,
        seed=seed,
        after_product=after_product,
    )
    started("eigenvalues of the Gauss–Newton matrix")
    outer, method = gauss_newton_eigenvalues(
        network, dataset, settings.loss, settings.n_eigenvalues, seed=seed,
        after_product=after_product,
    )  # fmt: skip
    band = estimate_outliers(
        top.values,
        trace=density.trace[0],
        trace_of_square=density.trace_of_square[0],
        dimension=density.dimension,
    )
    return CurvatureStudy(
        loss=full_loss(network, dataset, settings.loss),
        gradient_norm=gradient_norm(network, dataset, settings.loss),
        hessian=top,
        gauss_newton=outer,
        gauss_newton_method=method,
        density=density,
        band=band,
        predictions=predict_exponents(
            band, learning_rate=settings.learning_rate, batch_size=settings.batch_size
        ),
    )
