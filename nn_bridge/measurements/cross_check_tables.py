"""A cross-check as tables and a Dataset: times and exponents, the network's and the valleys'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from landscape_sim.estimators import fit_exponent
from nn_bridge.measurements.chain import RungPassages, has_chain
from nn_bridge.measurements.chain_tables import (
    chain_rows,
    chain_variables,
    first_to_fail,
    printed_chain,
)
from nn_bridge.measurements.matching_valleys import ANSWERS, Valley, open_rules
from nn_bridge.results.measurement import Measurement, Rows

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: Variables over the threshold that a cross-check takes from an escape.
MEASURED = ("mean_time", "time_low", "time_high", "is_lower_bound", "look_bias", "n_events")
_INTERRUPTED = (
    "The escape was interrupted: replicas that were still on their way are censored at its last "
    "look."
)
_NO_CHAIN = (
    "There is no chain of approximations: no tangent model was measured, which takes one output, "
    "the mean-square loss and n_directions above 0."
)
#: Ends of the simulated time's interval.
_INTERVAL = ("simulated_low", "simulated_high")


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

    def dataset(self) -> xr.Dataset:
        """Return the valleys' times and exponents, and the network's times."""
        import xarray as xr

        escape, valleys = self.escape, self.valleys
        slopes = exponent_rows(escape, valleys)[1:]
        times = {
            answer: (("valley", "threshold"), _filled(valleys, answer), {"units": "t"})
            for answer in (*ANSWERS, *_INTERVAL)
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
        """Return when the two can agree, and what is missing and why."""
        return [
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
    said = ("valley", "n", "h*", "look_bias", "is_lower_bound", "point")
    shown = {name: value for name, value in row.items() if name not in said}
    return {**shown, "at_least": row["is_lower_bound"]}


def time_rows(escape: xr.Dataset, valleys: Sequence[Valley]) -> list[dict[str, Any]]:
    """Return one row for each valley and threshold; times in ``t = ηk``.

    ``network/valley`` is over the exact time, and over the simulated one where there is none.
    """
    rows = []
    for valley in valleys:
        columns = zip(*(valley.times(answer) for answer in ANSWERS), strict=True)
        for passage, (formula, exact, simulated) in zip(valley.passages, columns, strict=True):
            seen = escape.sel(threshold=passage.threshold)
            measured = {name: _number(seen[name]) for name in MEASURED}
            best = simulated if exact is None else exact
            mean = measured["mean_time"]
            rows.append(
                {
                    "valley": valley.name,
                    "n": valley.n_outliers,
                    "h*": valley.outlier_curvature,
                    "c": passage.threshold,
                    "formula": formula,
                    "exact": exact,
                    "simulated": simulated,
                    "network": mean,
                    "low": measured["time_low"],
                    "high": measured["time_high"],
                    "is_lower_bound": bool(measured["is_lower_bound"]),
                    "look_bias": measured["look_bias"],
                    "network/valley": None if mean is None or best is None else mean / best,
                    "point": escape.attrs["point"],
                }
            )
    return rows


def exponent_rows(escape: xr.Dataset, valleys: Sequence[Valley]) -> list[dict[str, Any]]:
    """Return the exponent in ``c`` over the measured thresholds: the network's and every valley's.

    A valley's is that of the network's own estimator, had the network had the valley's mean
    times: each threshold has the weight of the passages seen there. It is None where a time at
    one of these is missing. ``asymptotic`` is ``B/(η h*) + 1 − n/2``, reached at large ``c``.
    """
    events = escape["n_events"].to_numpy()
    log_ratio = np.log(escape["threshold"].to_numpy())
    network = {"asymptotic": None, **dict.fromkeys(ANSWERS)}
    names = ("exponent", "exponent_low", "exponent_high")
    measured = [escape.attrs.get(name) for name in names]
    rows = [
        {"of": "network", **network}
        | dict(zip(("measured", "low", "high"), map(_float, measured), strict=True))
    ]
    for valley in valleys:
        slopes = {answer: _slope(log_ratio, events, valley.times(answer)) for answer in ANSWERS}
        asymptotic = valley.passages[0].exponent
        empty = dict.fromkeys(("measured", "low", "high"))
        rows.append({"of": valley.name, "asymptotic": asymptotic, **slopes, **empty})
    return rows


def _slope(
    log_ratio: np.ndarray, events: np.ndarray, times: Sequence[float | None]
) -> float | None:
    is_seen = events > 0
    known = [time for time, seen in zip(times, is_seen, strict=True) if seen and time is not None]
    # Over fewer thresholds it would be the slope of something else.
    if len(known) < max(2, int(is_seen.sum())):
        return None
    seen = events[is_seen]
    return fit_exponent(log_ratio[is_seen], seen, seen * np.array(known)).exponent


def _number(value: xr.DataArray) -> float | None:
    return None if np.isnan(value) else float(value)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
