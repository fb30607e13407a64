"""The curvature of a minimum as one result: spectrum, outliers by every rule, prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from landscape_sim.comparison.outlier_prediction import RulePrediction, predict_exponents
from landscape_sim.estimators.outliers import OutlierBand, estimate_outliers
from landscape_sim.validation import require_count, require_positive
from nn_bridge.curvature import (
    TopEigenpairs,
    gauss_newton_operator,
    hessian_operator,
    top_eigenpairs,
)
from nn_bridge.data import Dataset
from nn_bridge.losses import find_loss
from nn_bridge.memory import chunk_size
from nn_bridge.spectral_density import SpectralDensity, spectral_density
from nn_bridge.training import full_loss

if TYPE_CHECKING:
    import xarray as xr

_GRID_POINTS = 1000
_WIDTH_IN_RANGE = 5e-3


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


@dataclass(frozen=True)
class CurvatureStudy:
    """Everything measured at one point.

    Attributes
    ----------
    loss, gradient_norm : float
        ``L(θ)`` and ``|∇L(θ)|``: how near a minimum the point is.
    hessian, gauss_newton : TopEigenpairs
    density : SpectralDensity
        Of the Hessian.
    band : OutlierBand
        ``n`` and ``h*`` by every rule.
    predictions : tuple of RulePrediction
    """

    loss: float
    gradient_norm: float
    hessian: TopEigenpairs
    gauss_newton: TopEigenpairs
    density: SpectralDensity
    band: OutlierBand
    predictions: tuple[RulePrediction, ...]

    @property
    def exponent_range(self) -> tuple[float, float]:
        """Smallest and largest predicted exponent."""
        exponents = [prediction.exponent for prediction in self.predictions]
        return min(exponents), max(exponents)

    @property
    def gauss_newton_difference(self) -> float:
        """Largest relative difference of the two matrices' eigenvalues up to the smallest ``n``."""
        n = self.band.n_range[0]
        first, second = self.hessian.values[:n], self.gauss_newton.values[:n]
        return float(np.max(np.abs(second - first) / first))

    def rule_rows(self) -> list[dict[str, Any]]:
        """Return one row for each rule."""
        return [
            {
                "rule": p.outliers.rule,
                "n": p.outliers.n_outliers,
                "is_lower_bound": p.outliers.is_lower_bound,
                "h*": p.outliers.outlier_curvature,
                "T": p.temperature,
                "n_c": p.critical_dimension,
                "is_stable": p.is_stable,
                "exponent": p.exponent,
            }
            for p in self.predictions
        ]

    def eigenvalue_rows(self) -> list[dict[str, Any]]:
        """Return one row for each of the largest eigenvalues."""
        return [
            {"rank": i + 1, "eigenvalue": h, "residual": r, "gauss_newton": g}
            for i, (h, r, g) in enumerate(
                zip(
                    self.hessian.values.tolist(),
                    self.hessian.residuals.tolist(),
                    self.gauss_newton.values.tolist(),
                    strict=True,
                )
            )
        ]

    def to_dataset(self) -> xr.Dataset:
        """Return the study as a Dataset over rank, rule, grid, probe and step."""
        import xarray as xr

        grid, density = self._smoothed()
        rows = self.rule_rows()
        dimensionless = {"long_name": "T = learning_rate h*/batch_size"}
        (trace, trace_error), (square, square_error) = (
            self.density.trace,
            self.density.trace_of_square,
        )
        return xr.Dataset(
            {
                "eigenvalue": ("rank", self.hessian.values, {"long_name": "of the Hessian"}),
                "residual": ("rank", self.hessian.residuals, {"long_name": "|Hv - λv|"}),
                "gauss_newton": ("rank", self.gauss_newton.values),
                "n_outliers": ("rule", [row["n"] for row in rows]),
                "is_lower_bound": ("rule", [int(row["is_lower_bound"]) for row in rows]),
                "outlier_curvature": ("rule", [row["h*"] for row in rows], {"long_name": "h*"}),
                "temperature": ("rule", [row["T"] for row in rows], dimensionless),
                "critical_dimension": ("rule", [row["n_c"] for row in rows]),
                "exponent": ("rule", [row["exponent"] for row in rows]),
                "density": ("grid", density, {"long_name": "share of eigenvalues per unit"}),
                "ritz_value": (("probe", "step"), self.density.nodes),
                "ritz_weight": (("probe", "step"), self.density.weights),
            },
            coords={
                "rank": np.arange(1, self.hessian.values.size + 1),
                "rule": [row["rule"] for row in rows],
                "grid": ("grid", grid, {"long_name": "eigenvalue"}),
            },
            attrs={
                "loss": self.loss,
                "gradient_norm": self.gradient_norm,
                "dimension": self.density.dimension,
                "trace": trace,
                "trace_standard_error": trace_error,
                "trace_of_square": square,
                "trace_of_square_standard_error": square_error,
                "lowest_ritz_value": self.density.lowest_node,
            },
        )

    def _smoothed(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low, high = self.density.lowest_node, float(self.hessian.values[0])
        margin = 0.05 * (high - low)
        grid = np.linspace(low - margin, high + margin, _GRID_POINTS)
        return grid, self.density.density(grid, _WIDTH_IN_RANGE * (high - low))


def study_curvature(
    network: nn.Module,
    dataset: Dataset,
    settings: CurvatureSettings,
    *,
    started: Callable[[str], None] = lambda part: None,
    after_product: Callable[[], None] | None = None,
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

    Raises
    ------
    InputError
        If network, loss and data do not fit one another, a number is out of range or the
        memory will not suffice.
    """
    hessian = hessian_operator(network, dataset, settings.loss)
    gauss_newton = gauss_newton_operator(network, dataset, settings.loss)
    k, seed = settings.n_eigenvalues, settings.seed
    started("eigenvalues of the Hessian")
    top = top_eigenpairs(hessian, k, seed=seed, after_product=after_product)
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
    outer = top_eigenpairs(gauss_newton, k, seed=seed, after_product=after_product)
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
        density=density,
        band=band,
        predictions=predict_exponents(
            band, learning_rate=settings.learning_rate, batch_size=settings.batch_size
        ),
    )


def gradient_norm(network: nn.Module, dataset: Dataset, loss: str = "mean-square") -> float:
    """Return ``|∇L(θ)|`` over all samples."""
    per_sample = find_loss(loss, dataset.targets)
    parameters = [p for p in network.parameters() if p.requires_grad]
    total = [torch.zeros_like(p) for p in parameters]
    size = chunk_size(network, dataset.inputs)
    for start in range(0, len(dataset), size):
        part = slice(start, start + size)
        losses = per_sample(network(dataset.inputs[part]), dataset.targets[part])
        gradients = torch.autograd.grad(losses.sum() / len(dataset), parameters)
        total = [t + g for t, g in zip(total, gradients, strict=True)]
    return float(torch.stack([t.double().square().sum() for t in total]).sum().sqrt())
