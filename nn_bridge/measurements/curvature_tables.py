"""The curvature at a point, in numbers, rows, one line and a Dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.network.prediction import RulePrediction
from landscape_sim.estimators.outliers import OutlierBand
from nn_bridge.curvature.eigenpairs import TopEigenpairs
from nn_bridge.curvature.layer_blocks import LayerBlock
from nn_bridge.curvature.spectral_density import SpectralDensity
from nn_bridge.measurements.layer_curvature import layer_sentence, layer_variables
from nn_bridge.measurements.standing import Standing

if TYPE_CHECKING:
    import xarray as xr

_GRID_POINTS = 1000
_WIDTH_IN_RANGE = 5e-3


@dataclass(frozen=True)
class Curvature:
    """Everything measured at one point.

    Attributes
    ----------
    loss, gradient_norm : float
        ``L(θ)`` and ``|∇L(θ)|``: how near a minimum the point is.
    hessian : TopEigenpairs
    gauss_newton : ndarray, shape (k,)
        Largest eigenvalues of the Gauss–Newton matrix.
    gauss_newton_method : str
    density : SpectralDensity
        Of the Hessian.
    band : OutlierBand
        ``n`` and ``h*`` by every rule.
    predictions : tuple of RulePrediction
        For every rule, also one whose ``n`` is a lower bound; none where there is no noise.
    learning_rate : float
        ``η`` of the predictions.
    layers : tuple of LayerBlock
        The Hessian's blocks of the layers, where they were asked for.
    """

    loss: float
    gradient_norm: float
    hessian: TopEigenpairs
    gauss_newton: NDArray[np.float64]
    gauss_newton_method: str
    density: SpectralDensity
    band: OutlierBand
    predictions: tuple[RulePrediction, ...]
    learning_rate: float
    layers: tuple[LayerBlock, ...] = ()

    @property
    def standing(self) -> Standing:
        """Whether the point is a minimum at all."""
        return Standing(
            loss=self.loss,
            gradient_norm=self.gradient_norm,
            lowest=min(self.density.lowest_node, float(self.hessian.values[-1])),
            largest=float(self.hessian.values[0]),
            learning_rate=self.learning_rate,
        )

    @property
    def exponent_range(self) -> tuple[float | None, float | None]:
        """Smallest and largest predicted exponent, by the rules whose ``n`` is known."""
        # The rule of the largest gap always counts among the given eigenvalues.
        exponents = [p.exponent for p in self.predictions if not p.outliers.is_lower_bound]
        return min(exponents, default=None), max(exponents, default=None)

    def describe_exponents(self) -> str:
        """Return the range of predicted exponents in words."""
        low, high = self.exponent_range
        if low is None or high is None:
            return "none predicted"
        return f"{low:.3g} predicted" if low == high else f"{low:.3g} to {high:.3g} predicted"

    @property
    def open_rules(self) -> list[str]:
        """Rules that would count more eigenvalues than were computed; they predict nothing."""
        return [e.rule for e in self.band.estimates if e.is_lower_bound]

    @property
    def gauss_newton_difference(self) -> float:
        """Largest relative difference of the two matrices' eigenvalues up to the smallest ``n``."""
        n = self.band.n_range[0] if self.band.estimates else 0
        first, second = self.hessian.values[:n], self.gauss_newton[:n]
        return float(np.max(np.abs(second - first) / first, initial=0.0))

    @property
    def largest_difference(self) -> float:
        """Largest difference of the two matrices' eigenvalues, over the Hessian's largest."""
        difference = np.abs(self.gauss_newton - self.hessian.values)
        return float(difference.max() / (np.abs(self.hessian.values).max() or 1.0))

    def describe_band(self) -> str:
        """Return one line with the ranges of ``n``, ``h*`` and the predicted exponent."""
        if not self.band.estimates:
            return "no eigenvalue is positive: there is no outlier, and no exponent"
        if not self.predictions:
            return "a batch is all samples: there is no noise, and no exponent"
        n, h, exponent = self.band.n_range, self.band.curvature_range, self.exponent_range
        is_open = bool(self.open_rules)
        line = (
            f"n from {n[0]} to {'≥ ' if is_open else ''}{n[1]}, "
            f"h* from {'≤ ' if is_open else ''}{h[0]:.4g} to {h[1]:.4g}: exponent "
            f"B/(ηh*) + 1 − n/2 from {exponent[0]:.4g} to {exponent[1]:.4g}"
        )
        if is_open:
            line += (
                f", and open by {', '.join(self.open_rules)}, which would count more than the "
                f"{self.hessian.values.size} eigenvalues computed"
            )
        return line

    def sentences(self) -> list[str]:
        """Return the predictions, how near a minimum it is, and whether the matrices agree."""
        trace, error = self.density.trace
        n_least = self.band.n_range[0] if self.band.estimates else 0
        return [
            f"{self.standing.place}, {self.describe_band()}.",
            *self.standing.warnings(),
            f"L = {self.loss:.4g}, |∇L| = {self.gradient_norm:.3g}, "
            f"Tr H = {trace:.4g} ± {error:.2g}, lowest Ritz value "
            f"{self.density.lowest_node:.3g}.",
            f"Up to rank {n_least}, eigenvalues of Hessian and Gauss–Newton matrix "
            f"({self.gauss_newton_method}) differ by at most "
            f"{self.gauss_newton_difference:.2g} of their size, over all "
            f"{self.hessian.values.size} by {self.largest_difference:.2g} of the largest.",
            *([layer_sentence(self.layers, self.hessian.values[0])] if self.layers else []),
        ]

    def rule_rows(self) -> list[dict[str, Any]]:
        """Return one row for each rule; where ``n`` is a lower bound nothing is predicted."""
        predictions = {p.outliers.rule: p for p in self.predictions}
        return [
            {
                "rule": outliers.rule,
                "n": outliers.n_outliers,
                "is_lower_bound": outliers.is_lower_bound,
                "h*": outliers.outlier_curvature,
                **self._predicted(
                    None if outliers.is_lower_bound else predictions.get(outliers.rule)
                ),
                "point": self.standing.label,
            }
            for outliers in self.band.estimates
        ]

    def _predicted(self, prediction: RulePrediction | None) -> dict[str, Any]:
        """Return what one rule predicts; whether it is stable is a question for a minimum."""
        if prediction is None:
            return dict.fromkeys(("T", "n_c", "is_stable", "exponent"))
        is_stable = prediction.is_stable and not self.standing.descent_diverges
        return {
            "T": prediction.temperature,
            "n_c": prediction.critical_dimension,
            "is_stable": is_stable if self.standing.is_minimum else None,
            "exponent": prediction.exponent,
        }

    @property
    def outliers_title(self) -> str:
        """Title of the printed table of the rules, which says it where this is no minimum."""
        return f"Outliers of the Hessian, and what they predict{self.standing.suffix}"

    def short_rule_rows(self) -> list[dict[str, Any]]:
        """Return the rows for a table whose title says what the point is."""
        return [
            {name: value for name, value in row.items() if name != "point"}
            for row in self.rule_rows()
        ]

    def eigenvalue_rows(self) -> list[dict[str, Any]]:
        """Return one row for each of the largest eigenvalues."""
        return [
            {**row, "gauss_newton": g, "point": self.standing.label}
            for row, g in zip(hessian_rows(self.hessian), self.gauss_newton.tolist(), strict=True)
        ]

    def to_dataset(self) -> xr.Dataset:
        """Return everything as a Dataset over rank, rule, grid, probe and step, and layer."""
        import xarray as xr

        found = self._whole()
        return found if not self.layers else xr.merge([found, layer_variables(self.layers)])

    def _whole(self) -> xr.Dataset:
        import xarray as xr

        grid, density = self._smoothed()
        rows = self.rule_rows()
        dimensionless = {"long_name": "T = learning_rate h*/batch_size"}
        return xr.Dataset(
            {
                **hessian_dataset(self.hessian).data_vars,
                "gauss_newton": ("rank", self.gauss_newton),
                "n_outliers": ("rule", [row["n"] for row in rows]),
                "is_open": ("rule", [int(row["is_lower_bound"]) for row in rows]),
                "outlier_curvature": ("rule", [row["h*"] for row in rows], {"long_name": "h*"}),
                "temperature": ("rule", _numbers(rows, "T"), dimensionless),
                "critical_dimension": ("rule", _numbers(rows, "n_c")),
                "exponent": ("rule", _numbers(rows, "exponent")),
                "density": ("grid", density, {"long_name": "share of eigenvalues per unit"}),
                "ritz_value": (("probe", "step"), self.density.nodes),
                "ritz_weight": (("probe", "step"), self.density.weights),
            },
            coords={
                "rank": np.arange(1, self.hessian.values.size + 1),
                "rule": [row["rule"] for row in rows],
                "grid": ("grid", grid, {"long_name": "eigenvalue"}),
            },
            attrs=self._scalars(),
        )

    def _scalars(self) -> dict[str, Any]:
        (trace, trace_error), (square, square_error) = (
            self.density.trace,
            self.density.trace_of_square,
        )
        return {
            "loss": self.loss,
            "gradient_norm": self.gradient_norm,
            "dimension": self.density.dimension,
            "trace": trace,
            "trace_standard_error": trace_error,
            "trace_of_square": square,
            "trace_of_square_standard_error": square_error,
            "lowest_ritz_value": self.density.lowest_node,
            "point": self.standing.label,
            "gauss_newton_method": self.gauss_newton_method,
        }

    def _smoothed(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low, high = self.density.lowest_node, float(self.hessian.values[0])
        # All eigenvalues may be zero.
        spread = (high - low) or 1.0
        margin = 0.05 * spread
        grid = np.linspace(low - margin, high + margin, _GRID_POINTS)
        return grid, self.density.density(grid, _WIDTH_IN_RANGE * spread)


def hessian_rows(pairs: TopEigenpairs) -> list[dict[str, Any]]:
    """Return rank, eigenvalue and residual of each."""
    return [
        {"rank": rank, "eigenvalue": h, "residual": r}
        for rank, (h, r) in enumerate(
            zip(pairs.values.tolist(), pairs.residuals.tolist(), strict=True), start=1
        )
    ]


def hessian_dataset(pairs: TopEigenpairs) -> xr.Dataset:
    """Return eigenvalues and residuals over their rank."""
    import xarray as xr

    return xr.Dataset(
        {
            "eigenvalue": ("rank", pairs.values, {"long_name": "of the Hessian"}),
            "residual": ("rank", pairs.residuals, {"long_name": "|Hv - λv|"}),
        },
        coords={"rank": np.arange(1, pairs.values.size + 1)},
    )


def _numbers(rows: list[dict[str, Any]], name: str) -> list[float]:
    return [np.nan if row[name] is None else row[name] for row in rows]
