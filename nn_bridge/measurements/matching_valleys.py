"""The valleys that should explain a measured escape, with their own first passages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.comparison.network.valley import (
    ValleyPassage,
    anisotropic_valley_passages,
    isotropic_valley_passages,
)
from landscape_sim.results import Rate
from landscape_sim.seeds import case_seed
from landscape_sim.validation import InputError, require_count

if TYPE_CHECKING:
    import xarray as xr

#: Answers for a valley, as :meth:`Valley.times` calls them.
ANSWERS = ("formula", "exact", "simulated")


@dataclass(frozen=True)
class Valley:
    """One toy for the minimum: its name, and its passages at every threshold."""

    name: str
    n_outliers: int
    outlier_curvature: float
    passages: tuple[ValleyPassage, ...]

    def times(self, answer: str) -> list[float | None]:
        """Return the mean times by ``formula``, ``exact`` or ``simulated``.

        ``simulated_low`` and ``simulated_high`` are the ends of the simulation's interval.
        """
        if answer in ("formula", "exact"):
            times = (getattr(passage, answer) for passage in self.passages)
            # The formula is infinite beyond the largest float.
            return [None if time is None or time == math.inf else time for time in times]
        return [_time(passage.simulated, answer) for passage in self.passages]


def _time(simulated: Rate[Any] | None, answer: str) -> float | None:
    if simulated is None:
        return None
    interval = simulated.interval
    assert interval is not None  # a simulated rate has one
    rates = {
        "simulated": simulated.rate,
        "simulated_low": interval.high,
        "simulated_high": interval.low,
    }
    # A rate that may be zero has no longest time.
    return 1 / rates[answer] if rates[answer] > 0 else None


def matching_valleys(
    escape: xr.Dataset,
    *,
    n_curvatures: int = 10,
    relative_error: float = 0.03,
    seed: int = 0,
    after_threshold: Callable[[], None] | None = None,
) -> Iterator[Valley]:
    """Yield the isotropic valley of every rule, and the one with the measured eigenvalues.

    Rules that agree on ``n`` share a valley. A rule that would count more eigenvalues than were
    computed has none: its ``n`` is that of the measurement and not of the minimum.

    Parameters
    ----------
    escape : xarray.Dataset
        Of an EscapeMeasurement: ``L*``, ``η``, ``B``, thresholds, eigenvalues and rules.
    n_curvatures : int
        Largest eigenvalues in the anisotropic valley.
    relative_error : float
        Accuracy of the simulations.
    seed : int
        Of the simulations; each valley has a stream of its own.
    after_threshold : callable, optional
        Called after each threshold of each valley.

    Raises
    ------
    InputError
        If fewer positive eigenvalues were measured than asked for.
    """
    given = _Passages(
        thresholds=escape["threshold"].to_numpy().tolist(),
        loss=float(escape.attrs["initial_loss"]),
        learning_rate=float(escape.attrs["learning_rate"]),
        batch_size=float(escape.attrs["independent_batch_size"]),
        relative_error=relative_error,
        after_threshold=after_threshold,
    )
    return _valleys(given, _rules(escape), largest_curvatures(escape, n_curvatures), seed)


def largest_curvatures(escape: xr.Dataset, n_curvatures: int) -> list[float]:
    """Return the largest eigenvalues, one a direction of the anisotropic valley.

    Raises
    ------
    InputError
        If fewer positive ones were measured.
    """
    k = require_count("n_curvatures", n_curvatures)
    spectrum = escape["eigenvalue"].to_numpy()
    positive = spectrum[spectrum > 0]
    if k > positive.size:
        raise InputError(
            f"{k} curvatures are asked for and {positive.size} positive ones were measured; "
            "measure the escape with more n_eigenvalues"
        )
    largest: list[float] = positive[:k].tolist()
    return largest


@dataclass(frozen=True)
class _Passages:
    """What all valleys of a cross-check have in common."""

    thresholds: list[float]
    loss: float
    learning_rate: float
    batch_size: float
    relative_error: float
    after_threshold: Callable[[], None] | None

    def isotropic(self, curvature: float, n_outliers: int, seed: int) -> tuple[ValleyPassage, ...]:
        return tuple(
            isotropic_valley_passages(
                self.thresholds,
                loss=self.loss,
                outlier_curvature=curvature,
                n_outliers=n_outliers,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                relative_error=self.relative_error,
                seed=seed,
                after_threshold=self.after_threshold,
            )
        )

    def anisotropic(self, curvatures: list[float], seed: int) -> tuple[ValleyPassage, ...]:
        return tuple(
            anisotropic_valley_passages(
                self.thresholds,
                loss=self.loss,
                curvatures=curvatures,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                relative_error=self.relative_error,
                seed=seed,
                after_threshold=self.after_threshold,
            )
        )


def _valleys(
    given: _Passages,
    found: dict[tuple[int, float], list[str]],
    largest: list[float],
    seed: int,
) -> Iterator[Valley]:
    for number, ((n, h), rules) in enumerate(found.items()):
        passages = given.isotropic(h, n, case_seed(seed, number))
        yield Valley(f"n = {n} ({', '.join(rules)})", n, h, passages)
    k = len(largest)
    name = f"{k} measured eigenvalue{'s' if k > 1 else ''}"
    passages = given.anisotropic(largest, case_seed(seed, len(found)))
    yield Valley(name, k, float(np.mean(largest)), passages)


def count_valleys(escape: xr.Dataset) -> int:
    """Return how many valleys :func:`matching_valleys` makes."""
    return len(_rules(escape)) + 1


def open_rules(escape: xr.Dataset) -> list[str]:
    """Return the rules without a valley, as their ``n`` is a lower bound."""
    found: list[str] = escape["rule"].to_numpy()[_is_open(escape)].tolist()
    return found


def _is_open(escape: xr.Dataset) -> np.ndarray:
    return escape["is_open"].to_numpy().astype(bool)


def _rules(escape: xr.Dataset) -> dict[tuple[int, float], list[str]]:
    """Return the rules that agree on ``n`` and ``h*``, smallest ``n`` first."""
    found: dict[tuple[int, float], list[str]] = {}
    known = escape.isel(rule=~_is_open(escape))
    columns = (known[name].to_numpy().tolist() for name in ("n_outliers", "outlier_curvature"))
    for rule, n, h in zip(known["rule"].to_numpy().tolist(), *columns, strict=True):
        found.setdefault((int(n), float(h)), []).append(str(rule))
    return dict(sorted(found.items()))
