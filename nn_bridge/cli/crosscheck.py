"""Cross-check a measured escape with the toy landscapes and leave a results folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from landscape_sim.console.progress import live_bar
from landscape_sim.results_folder import write_dataset
from nn_bridge.measurements.crosscheck import (
    Valley,
    count_valleys,
    matching_valleys,
    open_rules,
    read_escape,
)
from nn_bridge.measurements.crosscheck_tables import crosscheck_rows, exponent_rows, to_dataset
from nn_bridge.measurements.run_record import RunRecord, read_run_record
from nn_bridge.plots.escape import plot_crosscheck


def check_result(
    result: Path, *, n_curvatures: int, relative_error: float, seed: int, out: Path | None
) -> dict[str, Any]:
    """Compare the escape in ``result`` with its valleys; return the ``--json`` document.

    Interrupted, it is that of the valleys that were finished.

    Raises
    ------
    InputError
        If the folder holds no escape, or fewer eigenvalues than are asked for.
    """
    measured = read_run_record(result)
    escape = read_escape(result)
    run = RunRecord(
        command="crosscheck",
        settings={
            "result": result.name,
            "escape": measured.settings,
            "n_curvatures": n_curvatures,
            "relative_error": relative_error,
        },
        data=measured.data,
        seeds={**measured.seeds, "simulated valleys": seed},
        checkpoints=measured.checkpoints,
    )
    n_passages = count_valleys(escape) * escape.sizes["threshold"]
    with run.started_folder(out) as folder, live_bar("valleys", n_passages, "thresholds") as bar:
        valleys: list[Valley] = []
        is_complete = True
        try:
            # One by one: those before an interruption are in the list.
            valleys.extend(
                matching_valleys(
                    escape,
                    n_curvatures=n_curvatures,
                    relative_error=relative_error,
                    seed=seed,
                    after_threshold=bar.advance,
                )
            )
        except KeyboardInterrupt:
            if not valleys:
                raise
            is_complete = False
        _store(folder, run, escape, valleys)
        run.write(folder, is_complete=is_complete)
    return _document(folder, run, escape, valleys, is_complete)


def _store(folder: Path, run: RunRecord, escape: xr.Dataset, valleys: Sequence[Valley]) -> None:
    dataset = to_dataset(escape, valleys)
    write_dataset(folder / "results.nc", dataset)
    run.save_table(folder, "crosscheck.csv", crosscheck_rows(escape, valleys))
    run.save_table(folder, "exponents.csv", exponent_rows(escape, valleys))
    title = (
        f"{run.data.name}, N = {run.data.samples}, η = {escape.attrs['learning_rate']:g}, "
        f"B = {escape.attrs['batch_size']:g}"
    )
    run.save_figure(folder, "crosscheck", plot_crosscheck(dataset, title))


def _document(
    folder: Path,
    run: RunRecord,
    escape: xr.Dataset,
    valleys: Sequence[Valley],
    is_complete: bool,
) -> dict[str, Any]:
    rows, exponents = crosscheck_rows(escape, valleys), exponent_rows(escape, valleys)
    tables = {
        f"Mean time until L = c L*, in t = ηk: {valley.name}, h* = "
        f"{valley.outlier_curvature:.4g}": [
            _short(row) for row in rows if row["valley"] == valley.name
        ]
        for valley in valleys
    }
    return {
        "command": "crosscheck",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "tables": {**tables, "Exponent of the mean time in c, over the same c": exponents},
        "rows": rows,
        "exponents": exponents,
        "open_rules": open_rules(escape),
        "sentences": [
            f"L* = {escape.attrs['initial_loss']:.4g}. A valley has no saddle and no second "
            "direction: the network's times agree with it only where its outliers do not turn, "
            "its other directions are frozen and η h* is small.",
            *(
                f"{rule} has no valley: it would count more eigenvalues than were computed."
                for rule in open_rules(escape)
            ),
            *_refusals(valleys),
            f"Data: {run.data.provenance}.",
        ],
    }


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
    said = ("valley", "n", "h*", "look_bias", "is_lower_bound")
    shown = {name: value for name, value in row.items() if name not in said}
    return {**shown, "at_least": row["is_lower_bound"]}
