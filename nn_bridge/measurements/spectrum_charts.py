"""Charts of reports on matrices: eigenvalues by rank, their density, exact beside decoupled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.columns import Rows
from landscape_sim.report.points_chart import ChartAxis, Limit, Points, points_chart
from landscape_sim.report.report import Chart

if TYPE_CHECKING:
    import xarray as xr

#: Ranks of a spectrum that are drawn: all the first ones, the others thinned out.
_MOST_RANKS = 300
#: Densities below this share of the highest are not drawn.
_LOWEST_DENSITY = 1e-7
#: Standard errors of a 95 % interval.
_INTERVAL = 1.96


def eigenvalue_chart(eigenvalues: Rows, rules: Rows = ()) -> Chart:
    """Return the largest eigenvalues by rank, with the number of outliers by every rule."""
    points = [Points("Hessian", eigenvalues, "eigenvalue")]
    if "gauss_newton" in eigenvalues[0]:
        points.append(
            Points("Gauss–Newton matrix", eigenvalues, "gauss_newton", look="open", group="outer")
        )
    limits = [
        Limit(
            f"{row['rule']}: n {'≥' if row['is_lower_bound'] else '='} {row['n']}",
            row["n"] + 0.5,
            row,
        )
        for row in rules
    ]
    return points_chart(
        points,
        ChartAxis("rank", of="rank"),
        ChartAxis("eigenvalue", is_log=any(row["eigenvalue"] > 0 for row in eigenvalues)),
        "Points and squares: eigenvalues in order. Grey: where the outliers end, by each rule.",
        limits=limits,
    )


def density_chart(dataset: xr.Dataset) -> Chart:
    """Return the density of all eigenvalues, as a curvature's data set has it."""
    grid, density = dataset["grid"].to_numpy(), dataset["density"].to_numpy()
    # Where there is nothing the line is broken.
    shown = np.where(density > _LOWEST_DENSITY * density.max(), density, np.nan)
    rows = [
        {"eigenvalue": at, "density": height}
        for at, height in zip(grid.tolist(), shown.tolist(), strict=True)
    ]
    return points_chart(
        [Points("density", rows, "density", look="path")],
        ChartAxis("eigenvalue of the Hessian", is_log=False, of="eigenvalue"),
        ChartAxis("density"),
        f"Line: the density of all {int(dataset.attrs['dimension'])} eigenvalues, smoothed.",
    )


def decoupling_charts(dataset: xr.Dataset) -> dict[str, Chart]:
    """Return spectra, ratios and traces of ``(1/N) Σ ℓ C`` and ``L (1/N) Σ C`` at some epochs."""
    spectra, ratios, traces = [], [], []
    for epoch in dataset["epoch"].to_numpy().tolist():
        at, name = dataset.sel(epoch=epoch), f"epoch {epoch}"
        rows = _ranks(at)
        spectra += [
            Points(f"{name}, exact", rows, "exact", group=name),
            Points(f"{name}, decoupled", rows, "decoupled", look="line", group=name),
        ]
        ratios.append(Points(name, rows, "ratio", group=name))
        traces.append(_trace(at))
    ranks = ChartAxis("rank", of="rank")
    thinned = f" Of {dataset.sizes['rank']} ranks {len(rows)} are drawn." if spectra else ""
    return {
        "spectra": points_chart(
            spectra,
            ranks,
            ChartAxis("eigenvalue"),
            "Points: of (1/N) Σ ℓ C. Lines: of L (1/N) Σ C." + thinned,
        ),
        "chart-ratios": points_chart(
            ratios, ranks, ChartAxis("exact / decoupled"), "Ratio rank by rank." + thinned
        ),
        "chart-traces": points_chart(
            [Points("trace", traces, "trace_ratio", ("low", "high"))],
            ChartAxis("epoch", is_log=False, of="epoch"),
            ChartAxis("trace, exact / decoupled", is_log=False),
            "Points: with 95 % interval over the choice of the samples.",
        ),
    }


def _ranks(at: xr.Dataset) -> list[dict[str, Any]]:
    size = at.sizes["rank"]
    drawn = np.unique(np.geomspace(1, size, _MOST_RANKS).round().astype(int))
    columns = {name: at[name].to_numpy() for name in ("exact", "decoupled", "ratio")}
    return [
        {"epoch": int(at["epoch"]), "rank": rank}
        | {name: float(values[rank - 1]) for name, values in columns.items()}
        for rank in drawn.tolist()
    ]


def _trace(at: xr.Dataset) -> dict[str, Any]:
    ratio, error = float(at["trace_ratio"]), float(at["trace_ratio_error"])
    found = {"epoch": int(at["epoch"]), "trace_ratio": ratio, "trace_error": error}
    return found | {"low": ratio - _INTERVAL * error, "high": ratio + _INTERVAL * error}
