"""The curvature of a minimum, measured: spectrum, outliers by every rule, prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from landscape_sim.columns import Rows
from landscape_sim.comparison.network.prediction import RulePrediction, predict_exponents
from landscape_sim.estimators.outliers import OutlierBand, estimate_outliers
from landscape_sim.report.report import Chart
from nn_bridge.curvature.eigenpairs import TopEigenpairs, top_eigenpairs
from nn_bridge.curvature.gauss_newton import gauss_newton_eigenvalues
from nn_bridge.curvature.hessian import gradient_norm, hessian_operator
from nn_bridge.curvature.spectral_density import SpectralDensity, spectral_density
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.curvature_settings import (
    ChosenSpectrum,
    CurvatureSettings,
    choose_spectrum,
)
from nn_bridge.measurements.curvature_tables import Curvature
from nn_bridge.measurements.hessian_eigenvalues import HessianEigenvalues
from nn_bridge.measurements.layer_curvature import (
    layer_blocks,
    layer_chart,
    layer_eigenvalue_rows,
    layer_rows,
)
from nn_bridge.measurements.spectrum_charts import density_chart, eigenvalue_chart
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import provenance_of
from nn_bridge.results.storing import Keeper, measure_and_store
from nn_bridge.training.beginning import UNKNOWN, WeightsOrigin
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, full_loss, require_batch

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

_UNIT = "products"


@dataclass(frozen=True, kw_only=True)
class CurvatureMeasurement(Measurement):
    """The curvature at the weights of a network.

    Attributes
    ----------
    curvature : Curvature
        Spectra, outliers and predictions.
    origin : WeightsOrigin
    """

    figure_name: ClassVar[str] = "spectrum"

    curvature: Curvature
    origin: WeightsOrigin

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``outliers``, a row a rule, and ``eigenvalues``; those of layers."""
        layers = self.curvature.layers
        return {
            "outliers": self.curvature.rule_rows(),
            "eigenvalues": self.curvature.eigenvalue_rows(),
            "layers": layer_rows(layers),
            "layer_eigenvalues": layer_eigenvalue_rows(layers),
        }

    def dataset(self) -> xr.Dataset:
        """Return everything over rank, rule, grid, probe and step."""
        return self.curvature.to_dataset().assign_attrs(data=self.provenance.data.provenance)

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the largest eigenvalues (left) and the density of all (right)."""
        from nn_bridge.plots.spectrum import plot_spectrum

        origin = self.origin
        title = (
            f"{origin.network.label} on {self.provenance.subject}, epoch {origin.epoch}"
            f"{self.curvature.standing.suffix}"
        )
        return plot_spectrum(self.dataset(), title, axes=axes)

    def printed(self) -> dict[str, Rows]:
        """Return the outliers by every rule, and the layers where they were measured."""
        layers = layer_rows(self.curvature.layers)
        found: dict[str, Rows] = {self.curvature.outliers_title: self.curvature.short_rule_rows()}
        return found | ({"Blocks of the Hessian, layer by layer": layers} if layers else {})

    def charts(self) -> dict[str, Chart]:
        """Return the eigenvalues in order with the rules' counts, the density, and the layers."""
        rows, rules = self.curvature.eigenvalue_rows(), self.curvature.rule_rows()
        layers = self.curvature.layers
        return {
            self.figure_name: eigenvalue_chart(rows, rules),
            "chart-density": density_chart(self.dataset()),
            **({"chart-layers": layer_chart(layers)} if layers else {}),
        }

    def sentences(self) -> list[str]:
        """Return the predictions, how near a minimum it is, and whether the matrices agree."""
        return self.curvature.sentences()

    def numbers(self) -> dict[str, Any]:
        """Return loss, slope, trace and the range of the predicted exponent."""
        found = self.curvature
        low, high = found.exponent_range
        trace, error = found.density.trace
        return {
            "loss": found.loss,
            "gradient_norm": found.gradient_norm,
            "trace": trace,
            "trace_standard_error": error,
            "lowest_ritz_value": found.density.lowest_node,
            "point": found.standing.label,
            "exponent_low": low,
            "exponent_high": high,
            "open_rules": found.open_rules,
            "eigenvalues": found.eigenvalue_rows(),
            "layers": layer_rows(found.layers),
        }


def measure_curvature(
    network: nn.Module,
    data: AnyData,
    sgd: SgdSettings,
    settings: CurvatureSettings = CurvatureSettings(),  # noqa: B008 (frozen)
    *,
    out: Path | str | None = None,
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> CurvatureMeasurement | HessianEigenvalues:
    """Measure Hessian and Gauss–Newton spectrum at ``network`` and predict the exponent.

    Parameters
    ----------
    network : torch.nn.Module
        Of any kind; it is not changed.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
    sgd : SgdSettings
        The ``η`` and ``B`` of the prediction, and the loss.
    settings : CurvatureSettings
    out : path, optional
        Folder to create for the results.
    origin : WeightsOrigin
        Where the weights are from, if that is known.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    CurvatureMeasurement
        Interrupted by Ctrl-C once the Hessian's eigenvalues are found, these alone.

    Raises
    ------
    InputError
        If network, loss and data do not fit one another, a number is out of range or the
        memory will not suffice.
    """
    dataset = as_dataset(data)
    network = taking_one_tensor(network, dataset)
    check_problem(network, dataset, sgd.loss)
    require_batch(sgd, dataset)
    chosen = choose_spectrum(count_parameters(network), settings)
    provenance = provenance_of(
        "curvature",
        {
            **asdict(chosen),
            "learning_rate": sgd.learning_rate,
            "batch_size": sgd.batch_size,
            "loss": sgd.loss,
        },
        dataset,
        seeds={"start and random vectors": settings.seed},
        origins=[origin],
    )

    def measure(keeper: Keeper) -> CurvatureMeasurement | HessianEigenvalues:
        def keep(pairs: TopEigenpairs) -> None:
            keeper.keep(HessianEigenvalues(hessian=pairs, provenance=provenance, is_complete=False))

        found = curvature_at(
            network, dataset, sgd, chosen, progress=progress, found_eigenvalues=keep
        )
        return CurvatureMeasurement(curvature=found, origin=origin, provenance=provenance)

    return measure_and_store(provenance, out, measure)


def curvature_at(
    network: nn.Module,
    dataset: Dataset,
    sgd: SgdSettings,
    settings: ChosenSpectrum,
    *,
    progress: Progress = silent,
    found_eigenvalues: Callable[[TopEigenpairs], None] = lambda pairs: None,
) -> Curvature:
    """Return the curvature as numbers alone, see :func:`measure_curvature`.

    ``found_eigenvalues`` is given the Hessian's eigenvalues before the rest begins.
    """
    hessian, seed = hessian_operator(network, dataset, sgd.loss), settings.seed
    part = Part(progress, "eigenvalues of the Hessian", None, _UNIT)
    top = top_eigenpairs(hessian, settings.n_eigenvalues, seed=seed, after_product=part.advance)
    found_eigenvalues(top)
    n_products = settings.n_probes * settings.n_steps
    density = spectral_density(
        hessian,
        top,
        n_probes=settings.n_probes,
        n_steps=settings.n_steps,
        seed=seed,
        after_product=Part(progress, "spectral density", n_products, _UNIT).advance,
    )
    part = Part(progress, "eigenvalues of the Gauss–Newton matrix", None, _UNIT)
    outer, method = gauss_newton_eigenvalues(
        network, dataset, sgd.loss, settings.n_eigenvalues, seed=seed, after_product=part.advance
    )
    band = _count_outliers(top, density)
    return Curvature(
        loss=full_loss(network, dataset, sgd.loss),
        gradient_norm=gradient_norm(network, dataset, sgd.loss),
        hessian=top,
        gauss_newton=outer,
        gauss_newton_method=method,
        density=density,
        band=band,
        predictions=_predict(band, sgd, len(dataset)),
        learning_rate=sgd.learning_rate,
        layers=layer_blocks(network, dataset, sgd.loss, settings, progress),
    )


def _predict(band: OutlierBand, sgd: SgdSettings, n_samples: int) -> tuple[RulePrediction, ...]:
    return predict_exponents(
        band,
        learning_rate=sgd.learning_rate,
        batch_size=sgd.batch_size,
        n_samples=n_samples,
    )


def _count_outliers(top: TopEigenpairs, density: SpectralDensity) -> OutlierBand:
    if top.values[0] <= 0:
        return OutlierBand(())
    return estimate_outliers(
        top.values,
        trace=density.trace[0],
        trace_of_square=density.trace_of_square[0],
        dimension=density.dimension,
    )
