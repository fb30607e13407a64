"""A cross-check as tables and a Dataset: times and exponents, the network's and the valleys'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from landscape_sim.columns import Rows
from landscape_sim.report.report import Chart
from nn_bridge.measurements.chain import RungPassages, has_chain
from nn_bridge.measurements.chain_tables import (
    chain_rows,
    chain_variables,
    first_to_fail,
    printed_chain,
)
from nn_bridge.measurements.cross_check_charts import chain_chart, valley_chart
from nn_bridge.measurements.cross_check_rows import (
    INTERVAL,
    MEASURED,
    exponent_rows,
    nearest_valley,
    time_rows,
)
from nn_bridge.measurements.matching_valleys import ANSWERS, Valley, open_rules
from nn_bridge.results.measurement import Measurement

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

_INTERRUPTED = (
    "The escape was interrupted: replicas that were still on their way are censored at its last "
    "look."
)
_NO_CHAIN = (
    "There is no chain of approximations: no tangent model was measured, which takes one output, "
    "the mean-square loss and n_directions above 0."
)


@dataclass(frozen=True, kw_only=True)
class CrossCheck(Measurement):
    """A measured escape and the valleys that should explain it.

    Attributes
    ----------
    escape : xarray.Dataset
        As :meth:`~nn_bridge.measurements.escape_tables.EscapeMeasurement.dataset` returns it.
    valleys : tuple of Valley
    rungs : tuple of RungPassages
        Of the chain of approximations; none where no tangent model was measured.
    escape_is_complete : bool
        False if the escape was interrupted.
    """

    figure_name: ClassVar[str] = "crosscheck"

    escape: xr.Dataset
    valleys: tuple[Valley, ...]
    rungs: tuple[RungPassages, ...] = ()
    escape_is_complete: bool = True

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``crosscheck``, a row a valley and threshold, and ``exponents``.

        With a tangent model also ``chain``, a row a threshold and rung.
        """
        found: dict[str, Rows] = {
            "crosscheck": time_rows(self.escape, self.valleys),
            "exponents": self._exponents(),
        }
        return {**found, "chain": self.chain()} if self.rungs else found

    def chain(self) -> list[dict[str, Any]]:
        """Return a row for each threshold and rung, see :func:`chain_rows`."""
        return chain_rows(self.escape, self.rungs, self.valleys) if self.rungs else []

    def _exponents(self) -> list[dict[str, Any]]:
        network, *valleys = exponent_rows(self.escape, self.valleys)
        return [network, *map(_rung_exponent, self.rungs), *valleys]

    def printed(self) -> dict[str, Rows]:
        """Return a table of times for each valley, and the exponents."""
        rows = time_rows(self.escape, self.valleys)
        times: dict[str, Rows] = {
            f"Mean time until L = c L*, in t = ηk: {valley.name}, h* = "
            f"{valley.outlier_curvature:.4g}{_suffix(self.escape)}": [
                _short(row) for row in rows if row["valley"] == valley.name
            ]
            for valley in self.valleys
        }
        suffix = _suffix(self.escape)
        title = f"Exponent of the mean time in c, over the same c{suffix}"
        return {**times, **printed_chain(self.chain(), suffix), title: self._exponents()}

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the network's mean times beside those of the valleys."""
        from nn_bridge.plots.cross_check import plot_cross_check

        given = self.escape.attrs
        title = (
            f"{self.provenance.subject}, η = {given['learning_rate']:g}, "
            f"B = {given['batch_size']:g}{_suffix(self.escape)}"
        )
        return plot_cross_check(self.dataset(), title, axes=axes)

    def charts(self) -> dict[str, Chart]:
        """Return the times beside those of the valleys, and rung by rung."""
        charts = {}
        if self.valleys:
            charts[self.figure_name] = valley_chart(time_rows(self.escape, self.valleys))
        if self.rungs:
            charts["chart-chain"] = chain_chart(self.chain())
        return charts

    def dataset(self) -> xr.Dataset:
        """Return the valleys' times and exponents, and the network's times."""
        import xarray as xr

        escape, valleys = self.escape, self.valleys
        slopes = exponent_rows(escape, valleys)[1:]
        times = {
            answer: (("valley", "threshold"), _filled(valleys, answer), {"units": "t"})
            for answer in (*ANSWERS, *INTERVAL)
        }
        exponents = {
            f"exponent_{answer}": (
                "valley",
                [np.nan if row[answer] is None else row[answer] for row in slopes],
            )
            for answer in ("asymptotic", *ANSWERS)
        }
        chain, rows = {}, self.chain()
        if rows:
            chain = chain_variables(rows, escape.sizes["threshold"])
            chain["rung"] = [row["rung"] for row in rows if row["c"] == rows[0]["c"]]
        return xr.Dataset(
            times
            | exponents
            | chain
            | {name: escape[name] for name in (*MEASURED, "exponentiality", "n_censored")}
            | {
                "n_outliers": ("valley", [valley.n_outliers for valley in valleys]),
                "outlier_curvature": ("valley", [valley.outlier_curvature for valley in valleys]),
            },
            coords={
                "valley": [valley.name for valley in valleys],
                "threshold": escape["threshold"],
            },
            attrs=dict(escape.attrs),
        )

    def numbers(self) -> dict[str, Any]:
        """Return all rows, and the rules without a valley."""
        return {
            "rows": time_rows(self.escape, self.valleys),
            "exponents": self._exponents(),
            "chain": self.chain(),
            "open_rules": open_rules(self.escape),
        }

    def sentences(self) -> list[str]:
        """Return which valley is nearest, when the two can agree, and what is missing and why."""
        return [
            self._answer(),
            f"L* = {self.escape.attrs['initial_loss']:.4g}. A valley has no saddle and no second "
            "direction: the network's times agree with it only where its outliers do not turn, "
            "its other directions are frozen and η h* is small.",
            *([] if self.escape_is_complete else [_INTERRUPTED]),
            *(
                f"{rule} has no valley: it would count more eigenvalues than were computed."
                for rule in open_rules(self.escape)
            ),
            *_refusals(self.valleys),
            *([first_to_fail(self.chain())] if self.rungs else []),
            *([] if has_chain(self.escape) else [_NO_CHAIN]),
        ]

    def _answer(self) -> str:
        """Return the valley whose times are nearest to the network's, where any can be compared."""
        found = nearest_valley(time_rows(self.escape, self.valleys))
        if found is None:
            return "No time of the network can be compared with one of a valley."
        name, low, high, n_apart, n_compared = found
        network, *valleys = exponent_rows(self.escape, self.valleys)
        slopes = next(row for row in valleys if row["of"] == name)
        own = slopes["simulated"] if slopes["exact"] is None else slopes["exact"]
        exponent = ""
        if network["measured"] is not None and own is not None:
            exponent = (
                f"; its exponent is {own:.3g}, the network's {network['measured']:.3g} "
                f"[{network['low']:.3g}, {network['high']:.3g}]"
            )
        return (
            f"Nearest is the valley {name}: the network's times are {low:.3g} to {high:.3g} of its "
            f"own, with intervals apart at {n_apart} of {n_compared} thresholds{exponent}."
        )


def _rung_exponent(rung: RungPassages) -> dict[str, Any]:
    fit = rung.exponent
    measured = (None,) * 3 if fit is None else (fit.exponent, fit.interval.low, fit.interval.high)
    answers = dict.fromkeys(("asymptotic", *ANSWERS))
    return {"of": rung.name, **answers} | dict(
        zip(("measured", "low", "high"), measured, strict=True)
    )


def _suffix(escape: xr.Dataset) -> str:
    """Return what to add to a title where the escape began at no minimum."""
    point = escape.attrs["point"]
    return "" if point == "minimum" else f" (network: {point})"


def _filled(valleys: Sequence[Valley], answer: str) -> list[list[float]]:
    return [[np.nan if t is None else t for t in valley.times(answer)] for valley in valleys]


def _refusals(valleys: Sequence[Valley]) -> list[str]:
    """Return a line for each reason why there is no simulation."""
    found: dict[tuple[str, str], list[str]] = {}
    for valley in valleys:
        for passage in valley.passages:
            if passage.refusal is not None:
                levels = found.setdefault((valley.name, passage.refusal), [])
                levels.append(f"{passage.threshold:g}")
    return [
        f"{name}, c = {', '.join(levels)}: not simulated ({refusal})"
        for (name, refusal), levels in found.items()
    ]


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return what fits on one line; the table on disk has all."""
    said = ("valley", "n", "h*", *INTERVAL, "look_bias", "is_lower_bound", "point")
    shown = {name: value for name, value in row.items() if name not in said}
    return {**shown, "at_least": row["is_lower_bound"]}
