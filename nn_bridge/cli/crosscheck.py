"""Cross-check a measured escape with the toy landscapes and leave a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.plots.style import save_figure
from nn_bridge.cli.progress import live_bar
from nn_bridge.crosscheck import (
    count_valleys,
    crosscheck_rows,
    matching_valleys,
    read_escape,
    to_dataset,
)
from nn_bridge.plots.escape import plot_crosscheck
from nn_bridge.run_record import RunRecord, read_run_record


def check_result(
    result: Path, *, n_curvatures: int, relative_error: float, seed: int, out: Path | None
) -> dict[str, Any]:
    """Compare the escape in ``result`` with its valleys; return the ``--json`` document.

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
    )
    n_passages = count_valleys(escape) * escape.sizes["threshold"]
    with live_bar("valleys", n_passages, "thresholds") as bar:
        valleys = matching_valleys(
            escape,
            n_curvatures=n_curvatures,
            relative_error=relative_error,
            seed=seed,
            after_threshold=bar.advance,
        )
    rows = crosscheck_rows(escape, valleys)
    folder = run.create_folder(out)
    dataset = to_dataset(escape, valleys)
    write_dataset(folder / "results.nc", dataset)
    write_table(folder / "crosscheck.csv", rows, list(rows[0]))
    title = (
        f"{run.data.name}, η = {measured.settings['learning_rate']:g}, "
        f"B = {measured.settings['batch_size']}"
    )
    save_figure(plot_crosscheck(dataset, title), folder, "crosscheck")
    run.write(folder, is_complete=True)
    refusals = {
        f"{valley.name}, c = {passage.threshold:g}: not simulated ({passage.refusal})"
        for valley in valleys
        for passage in valley.passages
        if passage.refusal is not None
    }
    return {
        "command": "crosscheck",
        "folder": str(folder),
        "is_complete": True,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "tables": {
            f"Mean time until L = c L*, in t = ηk: {valley.name}, h* = "
            f"{valley.outlier_curvature:.4g}": [
                _short(row) for row in rows if row["valley"] == valley.name
            ]
            for valley in valleys
        },
        "rows": rows,
        "sentences": [
            f"L* = {escape.attrs['initial_loss']:.4g}. A valley has no saddle and no second "
            "direction: the network's times agree with it only where its outliers do not turn, "
            "its other directions are frozen and η h* is small.",
            *sorted(refusals),
            f"Data: {run.data.provenance}.",
        ],
    }


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return what fits on one line; the table on disk has all."""
    said = ("valley", "n", "h*", "look_bias")
    return {name: value for name, value in row.items() if name not in said}
