"""Runs side by side and their means, as tables, sentences and a Dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from landscape_sim.columns import Rows, finite
from landscape_sim.estimators.mean_over_runs import Mean, mean_over_runs
from landscape_sim.report.report import Chart
from nn_bridge.results.measurement import Measurement
from nn_bridge.runs.runs_charts import headline_charts
from nn_bridge.runs.study import Run, RunNumbers

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: What is said of a point that is one.
_MINIMUM = "minimum"


@dataclass(frozen=True, kw_only=True)
class RunsMeasurement(Measurement):
    """The numbers of several runs.

    Attributes
    ----------
    found : tuple of pairs
        Every run that is done, and its numbers.
    headline : tuple of str
        The numbers that were asked for first.
    """

    figure_name: ClassVar[str] = "runs"

    found: tuple[tuple[Run, RunNumbers], ...]
    headline: tuple[str, ...]

    @cached_property
    def names(self) -> list[str]:
        """The numbers: those asked for first, and the others."""
        others = (name for _, numbers in self.found for name in numbers.values)
        return list(dict.fromkeys((*self.headline, *others)))

    @property
    def epochs(self) -> list[int | None]:
        """The epochs at which runs are compared; None where each has one alone."""
        return list(dict.fromkeys(run.epoch for run, _ in self.found))

    def values(self, name: str, epoch: int | None) -> dict[str, float | None]:
        """Return one number of every run at an epoch."""
        return {
            run.name: numbers.values.get(name) for run, numbers in self.found if run.epoch == epoch
        }

    def mean(self, name: str, epoch: int | None) -> Mean | None:
        """Return the mean of one number between runs at an epoch.

        None where a run lacks it: the others may have it for what is measured. Of a number that is
        the same in all of them, as a count may be, there is no scatter, and so no interval.
        """
        values = self.values(name, epoch).values()
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        mean = mean_over_runs(known)
        return replace(mean, low=-math.inf, high=math.inf) if mean.low == mean.high else mean

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``runs``, a row a run, and ``means``, a row a number and epoch."""
        return {"runs": self._run_rows(self.names), "means": list(self._mean_rows())}

    def _run_rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        has_points = any(numbers.point for _, numbers in self.found)
        return [
            {
                **run.labels,
                **{name: numbers.values.get(name) for name in names},
                **({"point": numbers.point} if has_points else {}),
            }
            for run, numbers in self.found
        ]

    def _mean_rows(self) -> Iterator[dict[str, Any]]:
        for epoch in self.epochs:
            for name in self.names:
                mean, values = self.mean(name, epoch), self.values(name, epoch).values()
                yield {
                    **({} if epoch is None else {"epoch": epoch}),
                    "number": name,
                    "mean": None if mean is None else mean.value,
                    "low": None if mean is None else finite(mean.low),
                    "high": None if mean is None else finite(mean.high),
                    "runs": len(values),
                    "runs_with_it": sum(value is not None for value in values),
                }

    def printed(self) -> dict[str, Rows]:
        """Return what was asked for first, run by run, and its means."""
        seeds = {(run.epoch, run.seed) for run, _ in self.found}
        # A name beside epoch and seed takes the room of the numbers.
        hidden = {"run"} if len(seeds) == len(self.found) else {"epoch", "seed"}
        runs = [
            {name: value for name, value in row.items() if name not in hidden}
            for row in self._run_rows(self.headline)
        ]
        means = [row for row in self._mean_rows() if row["number"] in self.headline]
        return {"Runs": runs, "Means between runs, 95 % intervals by Student's t": means}

    def dataset(self) -> xr.Dataset:
        """Return every number over run and number, and the means over epoch and number."""
        import xarray as xr

        shape = (len(self.epochs), len(self.names))
        means = {
            f"mean{end}": (("epoch", "number"), _array(self._mean_rows(), of, shape))
            for end, of in {"": "mean", "_low": "low", "_high": "high"}.items()
        }
        rows = self._run_rows(self.names)
        value = [[_or_nan(row[name]) for name in self.names] for row in rows]
        runs = [run for run, _ in self.found]
        epochs = [-1 if epoch is None else epoch for epoch in self.epochs]
        return xr.Dataset(
            {"value": (("run", "number"), np.array(value, float)), **means},
            coords={
                "run": [run.name for run in runs],
                "number": self.names,
                "epoch": ("epoch", epochs, {"long_name": "−1 where each run has one alone"}),
                "seed": ("run", [run.seed for run in runs]),
                "run_epoch": ("run", [-1 if run.epoch is None else run.epoch for run in runs]),
            },
            attrs={
                "headline": list(self.headline),
                "data": self.provenance.data.provenance,
            },
        )

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return every run, and the mean with its interval, a panel a number asked for first."""
        from nn_bridge.plots.runs import plot_runs

        title = f"{self.provenance.command} on {self.provenance.subject}: {len(self.found)} runs"
        return plot_runs(self.dataset(), title, axes=axes)

    def charts(self) -> dict[str, Chart]:
        """Return the same for the report."""
        rows = self.rows()
        return headline_charts(rows["runs"], rows["means"], self.headline)

    def sentences(self) -> list[str]:
        """Return the means that were asked for first, and what they take for granted."""
        return [
            *(self._answer(epoch) for epoch in self.epochs),
            "The intervals are those of the mean between runs, 95 % by Student's t: they take the "
            "runs for independent and each number for about normal over them; with one run, or one "
            "value in all of them, there is none. Other numbers are in means.csv and runs.csv.",
            *self._lacking(),
            *self._points(),
            "The results of every run are in the folder runs, as its command leaves them.",
        ]

    def _answer(self, epoch: int | None) -> str:
        n_runs = len(self.values(self.headline[0], epoch))
        means = [f"{name} {_said(self.mean(name, epoch))}" for name in self.headline]
        at = "" if epoch is None else f" at epoch {epoch}"
        return f"Over {n_runs} run{'s' if n_runs > 1 else ''}{at}: {'; '.join(means)}."

    def _lacking(self) -> list[str]:
        """Return which numbers have no mean, and for want of which runs."""
        lacking: dict[tuple[str, ...], list[str]] = {}
        for name in self.names:
            runs = tuple(run.name for run, found in self.found if found.values.get(name) is None)
            lacking.setdefault(runs, []).append(name)
        return [
            f"No mean of {'; '.join(names)}: there is none in "
            f"{'any run' if len(runs) == len(self.found) else ', '.join(runs)}, whose own results "
            "say why; a lower bound is none."
            for runs, names in lacking.items()
            if runs
        ]

    def _points(self) -> list[str]:
        others = [
            f"{run.name} ({found.point})"
            for run, found in self.found
            if found.point not in ("", _MINIMUM)
        ]
        return [f"No minimum that descent stays in: {', '.join(others)}."] if others else []

    def numbers(self) -> dict[str, Any]:
        """Return both tables."""
        return dict(self.rows())


def _said(mean: Mean | None) -> str:
    if mean is None:
        return "not in all"
    if not math.isfinite(mean.low):
        return f"{mean.value:.4g}"
    return f"{mean.value:.4g} [{mean.low:.4g}, {mean.high:.4g}]"


def _array(rows: Iterator[dict[str, Any]], name: str, shape: tuple[int, int]) -> Any:
    return np.array([_or_nan(row[name]) for row in rows], float).reshape(shape)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
