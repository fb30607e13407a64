"""Figure 4 in numbers: limits beside transitions, and the two kinds of minima compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from landscape_sim.columns import finite
from landscape_sim.comparison.paper.claims import Claim
from nn_bridge.measurements.stability_tables import LIMIT_NAMES
from nn_bridge.paper.charts import minima_charts
from nn_bridge.paper.claims import at_least, compared, ordered, ratio_over_runs
from nn_bridge.paper.result import PaperResult
from nn_bridge.plots.paper_minima import plot_minima
from nn_bridge.results.provenance import Provenance

Raised = Mapping[tuple[int, int], xr.Dataset]
_SHOWN = ("loss", "h_max", "n", "trace")


def minima_result(
    raised: Raised,
    names: list[str],
    levels: list[float],
    *,
    statement: str,
    notes: list[str],
    provenance: Provenance,
    is_complete: bool,
) -> PaperResult:
    """Return the result of the runs, by run and number of the pre-training in ``names``."""
    runs = [_row(names, key, part) for key, part in raised.items()]
    return PaperResult(
        provenance=provenance,
        is_complete=is_complete,
        statement=statement,
        claims=[*_limits(raised, names), *_selection(raised)],
        tables={"runs": runs},
        data=_dataset(raised, names, levels),
        draw=plot_minima,
        notes=[*notes, *_censored(raised)],
        report_charts=minima_charts(_levels(raised, names), runs),
    )


def _transition(part: xr.Dataset) -> tuple[float, bool]:
    """Return the transition's ``η`` and False, or the last ``η`` and True where there was none."""
    if "transition_high" in part.attrs:
        return float(part.attrs["transition_high"]), False
    return float(part["learning_rate"].to_numpy()[-1]), True


def _limits(raised: Raised, names: list[str]) -> list[Claim]:
    """Return the claims that the transition is at a limit, of all runs and of each pre-training."""
    everything = list(raised.values())
    claims = [
        *_ratios(everything, "start", "of the minimum, all runs"),
        *_ratios(everything, "before", "just before the transition, all runs"),
    ]
    for setting, name in enumerate(names):
        parts = [part for (_, of), part in raised.items() if of == setting]
        claims += _ratios(parts, "start", f"of the minimum, {name}")
    return claims


def _ratios(parts: list[xr.Dataset], when: str, where: str) -> list[Claim]:
    known = [part for part in parts if f"{when}_paper" in part.attrs]
    if not known:
        return []
    claims = []
    seen = [_transition(part) for part in known]
    judge = at_least if any(is_censored for _, is_censored in seen) else compared
    for limit, label in LIMIT_NAMES.items():
        ratios = [
            eta / float(part.attrs[f"{when}_{limit}"])
            for (eta, _), part in zip(seen, known, strict=True)
        ]
        claims.append(judge(f"transition over {label}, {where}", 1.0, ratio_over_runs(ratios)))
    return claims


def _selection(raised: Raised) -> list[Claim]:
    """Return the claims on the ratio of the noisier to the other minimum, of the same seed."""
    runs = sorted({run for run, _ in raised if (run, 0) in raised and (run, 1) in raised})
    if not runs:
        return []
    claims = []
    for name in ("h_max", "n"):
        ratios = [
            raised[run, 0].attrs[f"start_{name}"] / raised[run, 1].attrs[f"start_{name}"]
            for run in runs
        ]
        line = f"the noisier pre-training has the smaller {name} (ratio, below 1)"
        claims.append(ordered(line, ratio_over_runs(ratios), below=1.0))
    return claims


def _row(names: list[str], key: tuple[int, int], part: xr.Dataset) -> dict[str, Any]:
    eta, is_censored = _transition(part)
    of = part.attrs
    return {
        "run": key[0],
        "pretraining": names[key[1]],
        **{name: finite(float(of[f"start_{name}"])) for name in (*_SHOWN, *LIMIT_NAMES)},
        "transition": eta,
        "is_lower_bound": is_censored,
        **{
            f"before_{name}": finite(float(of.get(f"before_{name}", math.inf)))
            for name in (*_SHOWN, *LIMIT_NAMES)
        },
    }


def _levels(raised: Raised, names: list[str]) -> dict[tuple[int, str], list[tuple[float, float]]]:
    """Return ``η`` and mean batch loss of every level, by run and pre-training."""
    return {
        (run, names[setting]): list(
            zip(*(part[key].to_numpy().tolist() for key in ("learning_rate", "batch_loss")),
                strict=True)
        )
        for (run, setting), part in raised.items()
    }  # fmt: skip


def _dataset(raised: Raised, names: list[str], levels: list[float]) -> xr.Dataset:
    runs = sorted({run for run, _ in raised})
    shape = len(runs), len(names)
    loss = np.full((*shape, len(levels)), np.nan)
    columns = {name: np.full(shape, np.nan) for name in (*_SHOWN, *LIMIT_NAMES, "transition")}
    for (run, setting), part in raised.items():
        at = runs.index(run), setting
        seen = part["batch_loss"].to_numpy()
        loss[at][: seen.size] = seen
        eta, is_censored = _transition(part)
        columns["transition"][at] = math.nan if is_censored else eta
        for name in (*_SHOWN, *LIMIT_NAMES):
            columns[name][at] = part.attrs[f"start_{name}"]
    dims = ("run", "pretraining")
    renamed = {"loss": "start_loss"}
    return xr.Dataset(
        {
            "batch_loss": ((*dims, "learning_rate"), loss),
            **{renamed.get(name, name): (dims, values) for name, values in columns.items()},
        },
        coords={"run": runs, "pretraining": names, "learning_rate": levels},
    )


def _censored(raised: Raised) -> list[str]:
    n_censored = sum(_transition(part)[1] for part in raised.values())
    if not n_censored:
        return []
    return [f"{n_censored} runs had no transition: ratios with them are lower bounds."]
