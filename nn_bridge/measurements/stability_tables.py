"""A measured loss of stability in rows, sentences and a Dataset."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from landscape_sim.columns import Rows, finite
from landscape_sim.report.report import Chart
from nn_bridge.curvature.linear_stability import LearningRateLimits
from nn_bridge.curvature.participation import OutlierSpectrum
from nn_bridge.measurements.charts import raised_rate_chart
from nn_bridge.results.measurement import Measurement
from nn_bridge.training.beginning import WeightsOrigin
from nn_bridge.training.raised_rate import RaisedRun

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: What each limit is called in tables and figures.
LIMIT_NAMES = {
    "paper": "η_c = 2/(n − 2) · B/h_max, Eq. (18)",
    "descent": "2/h_max, descent",
    "mean_square": "2 B/Tr H, mean square of the aligned bowl",
    "lyapunov": "E log|δ| = 0, linear chain",
}


@dataclass(frozen=True)
class LimitsAt:
    """Loss, spectrum and limits at one point."""

    loss: float
    spectrum: OutlierSpectrum
    limits: LearningRateLimits

    def numbers(self) -> dict[str, float]:
        """Return ``L``, ``h_max``, ``n``, ``Tr H`` and the limits."""
        return {
            "loss": self.loss,
            "h_max": self.spectrum.largest,
            "n": self.spectrum.participation,
            "trace": self.spectrum.trace,
            **asdict(self.limits),
        }


def _finite_numbers(at: LimitsAt) -> dict[str, float | None]:
    return {name: finite(value) for name, value in at.numbers().items()}


@dataclass(frozen=True, kw_only=True)
class StabilityMeasurement(Measurement):
    """The loss while ``η`` rose, and the limits before it did.

    Attributes
    ----------
    run : RaisedRun
    start : LimitsAt
        At the weights where it began.
    before : LimitsAt or None
        At those just before the transition; None where there was none.
    jump : float
        What is called a transition, see :class:`~nn_bridge.training.raised_rate.RaisedRun`.
    batch_size : int
    origin : WeightsOrigin
    """

    figure_name: ClassVar[str] = "stability"

    run: RaisedRun
    start: LimitsAt
    before: LimitsAt | None
    jump: float
    batch_size: int
    origin: WeightsOrigin

    @property
    def transition(self) -> tuple[float, float] | None:
        """``η`` of the level before the transition and of its level; None where there was none."""
        return self.run.transition(self.jump)

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``limits``, a row a limit, and ``levels``, a row a level."""
        found, start = self.transition, asdict(self.start.limits)
        before = None if self.before is None else asdict(self.before.limits)
        limits = [
            {
                "limit": LIMIT_NAMES[name],
                "at_start": finite(start[name]),
                "before_transition": None if before is None else finite(before[name]),
                "transition": None if found is None else found[1],
            }
            for name in LIMIT_NAMES
        ]
        run = self.run
        levels = [
            {"learning_rate": rate, "batch_loss": finite(batch), "loss": finite(loss)}
            for rate, batch, loss in zip(
                run.learning_rates, run.batch_losses, run.losses, strict=True
            )
        ]
        return {"limits": limits, "levels": levels}

    def printed(self) -> dict[str, Rows]:
        """Return the limits."""
        return {"Largest learning rates at which SGD should stay": self.rows()["limits"]}

    def charts(self) -> dict[str, Chart]:
        """Return the loss against ``η``, with the limits and the transition."""
        rows, found = self.rows(), self.transition
        at = None if found is None else found[1]
        return {self.figure_name: raised_rate_chart(rows["levels"], rows["limits"], at)}

    def dataset(self) -> xr.Dataset:
        """Return the losses over ``η``; spectrum, limits and transition as attributes."""
        import xarray as xr

        found = self.transition
        before = {} if self.before is None else self.before.numbers()
        seen = {} if found is None else {"transition_low": found[0], "transition_high": found[1]}
        return xr.Dataset(
            {
                "batch_loss": ("learning_rate", list(self.run.batch_losses)),
                "loss": ("learning_rate", list(self.run.losses)),
                "eigenvalue": ("rank", self.start.spectrum.values),
            },
            coords={"learning_rate": list(self.run.learning_rates)},
            attrs={
                "batch_size": self.batch_size,
                "jump": self.jump,
                **{f"start_{name}": value for name, value in self.start.numbers().items()},
                **{f"before_{name}": value for name, value in before.items()},
                **seen,
                "data": self.provenance.data.provenance,
            },
        )

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the loss against ``η``, with the limits."""
        from nn_bridge.plots.stability import plot_stability

        title = f"{self.origin.network.label} on {self.provenance.subject}, B = {self.batch_size}"
        return plot_stability(self.dataset(), title, axes=axes)

    def sentences(self) -> list[str]:
        """Return where the loss jumped, beside the limits, and the point where it began."""
        start = self.start
        return [
            self._answer(),
            f"At the start: L = {start.loss:.4g}, h_max = {start.spectrum.largest:.4g}, "
            f"n = {start.spectrum.participation:.3g} (Eq. 46), Tr H = {start.spectrum.trace:.4g}.",
        ]

    def _answer(self) -> str:
        paper, found = self.start.limits.paper, self.transition
        limit = f"η_c of Eq. (18) at the start is {paper:.4g}"
        if found is None:
            last = self.run.learning_rates[-1]
            return f"No transition up to η = {last:.4g}: it lies above, if there is one; {limit}."
        times = f", a factor of {found[1] / paper:.3g}" if math.isfinite(paper) else ""
        return (
            f"Between η = {found[0]:.4g} and {found[1]:.4g} the batch loss rose to {self.jump:g} "
            f"times that of the first level; {limit}{times}."
        )

    def numbers(self) -> dict[str, Any]:
        """Return both points and the transition."""
        return {
            "start": _finite_numbers(self.start),
            "before": None if self.before is None else _finite_numbers(self.before),
            "transition": self.transition,
            "levels": self.rows()["levels"],
        }
