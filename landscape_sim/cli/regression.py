"""The commands ``landscape-sim regression …``: SGD itself on data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.console.application import new_group
from landscape_sim.console.help_ending import ending
from landscape_sim.console.options import (
    JsonOption,
    OutOption,
    ResumeOption,
    StudyOption,
    read_numbers,
)

if TYPE_CHECKING:
    from landscape_sim.comparison.sgd.run import SgdResult
    from landscape_sim.comparison.sgd.study import SgdStudy
    from landscape_sim.comparison.written import Location

_EXAMPLES = {
    "stationary": (
        "landscape-sim regression stationary --learning-rates 0.1 --batch-sizes 2 --runs 20"
    ),
    "first-passage": (
        "landscape-sim regression first-passage --dimensions 1 --loss-ratios 2,3 --runs 100"
    ),
    "chain": "landscape-sim regression chain --learning-rates 0.5 --runs 100",
}

regression = new_group(
    "SGD itself: linear regression (the paper's section 5.3) and phase regression.",
    _EXAMPLES["chain"],
)

#: Room for every column on one line, also where the output is a file.
_WIDTH = 150

SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of the data and of the batches.")]
DataOption = Annotated[int | None, typer.Option(help="Samples N of the data set.")]
RunsOption = Annotated[int | None, typer.Option(help="Runs of SGD in each case.")]


def _list(help_text: str) -> Any:
    return typer.Option(help=f"{help_text}, separated by commas.")


# Wide: one argument an option
@regression.command(epilog=ending(_EXAMPLES["stationary"]))
def stationary(
    study: StudyOption = None,
    learning_rates: Annotated[str | None, _list("Learning rates η")] = None,
    batch_sizes: Annotated[str | None, _list("Batch sizes B")] = None,
    data_samples: DataOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the exponent φ of the stationary law L^-φ of one-dimensional linear regression.

    Beside the prediction 1 + B/(η h*) stands the exact value for this data set, learning rate
    and batch size. The built-in study has the paper's grid and takes seven minutes of one core.
    """
    from landscape_sim.comparison.sgd.study import StationaryStudy

    changes = {
        "learning_rates": read_numbers("--learning-rates", learning_rates),
        "batch_sizes": read_numbers("--batch-sizes", batch_sizes),
        "data_samples": data_samples,
        "n_paths": runs,
        "seed": seed,
    }
    _run(StationaryStudy, study, changes, out, resume, as_json)


# Wide: one argument an option
@regression.command(epilog=ending(_EXAMPLES["first-passage"]))
def first_passage(
    study: StudyOption = None,
    dimensions: Annotated[str | None, _list("Dimensions d")] = None,
    loss_ratios: Annotated[str | None, _list("Thresholds c, in units of L*")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="η.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="B.")] = None,
    max_time: Annotated[
        float | None, typer.Option(help="A run is censored after this time t = ηk.")
    ] = None,
    data_samples: DataOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the mean time until the loss of a linear regression has reached c L*.

    The built-in study has the paper's dimensions, and takes half a minute of one core. The slope of
    the logarithm on log c stands beside the predicted B/(η h*) + 1 - d/2 and the
    slopes of two exact radial solutions, of the theory's noise and of the exact covariance.
    """
    from landscape_sim.comparison.sgd.study import PassageStudy

    changes = {
        "dimensions": read_numbers("--dimensions", dimensions),
        "loss_ratios": read_numbers("--loss-ratios", loss_ratios),
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "max_time": max_time,
        "data_samples": data_samples,
        "n_paths": runs,
        "seed": seed,
    }
    _run(PassageStudy, study, changes, out, resume, as_json)


# Wide: one argument an option
@regression.command(epilog=ending(_EXAMPLES["chain"]))
def chain(
    study: StudyOption = None,
    learning_rates: Annotated[str | None, _list("Learning rates η")] = None,
    batch_sizes: Annotated[str | None, _list("Batch sizes B")] = None,
    label_noises: Annotated[str | None, _list("Standard deviations σ of the label noise")] = None,
    data_samples: DataOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare escape rates of phase regression, from SGD to Eq. (15), link by link.

    Given any of the three lists, every combination is one case; what is left out is 0.5, 1, 1.
    """
    from itertools import product

    from landscape_sim.comparison.sgd.study import ApproximationStudy

    changes: dict[str, Any] = {"data_samples": data_samples, "n_paths": runs, "seed": seed}
    axes = {
        "learning_rate": read_numbers("--learning-rates", learning_rates),
        "batch_size": read_numbers("--batch-sizes", batch_sizes),
        "label_noise": read_numbers("--label-noises", label_noises),
    }
    if any(axes.values()):
        values = [
            axis or [default] for axis, default in zip(axes.values(), (0.5, 1, 1.0), strict=True)
        ]
        changes["settings"] = [dict(zip(axes, one, strict=True)) for one in product(*values)]
    _run(ApproximationStudy, study, changes, out, resume, as_json)


def _option(place: Location) -> str:
    """Return the option that sets this part of a study."""
    if place[:1] == ("settings",) and len(place) > 2:
        return f"--{str(place[2]).replace('_', '-')}s"
    name = str(place[0]) if place else "study"
    return {"n_paths": "--runs"}.get(name, f"--{name.replace('_', '-')}")


def _run(
    kind: type[SgdStudy],
    path: Path | None,
    changes: dict[str, Any],
    out: Path | None,
    resume: Path | None,
    as_json: bool,
) -> None:
    """Run the study in the file, or the built-in one, with the options that were given."""
    from landscape_sim.cli.running import Place, run_and_store, with_bar
    from landscape_sim.comparison.sgd.run import run_sgd_study
    from landscape_sim.console.document import print_result

    place = Place(out, resume)
    study = place.study(kind, path, kind).changed(changes, _option)
    result, _, document = run_and_store(with_bar(run_sgd_study), study, place)
    document["rows"] = result.rows()
    if result.has_slopes:
        document["slopes"] = result.slopes()
    print_result(document, as_json, lambda said: _print_report(result, said))


def _print_report(result: SgdResult, said: dict[str, Any]) -> None:
    """Print the tables of a study, what is missing in them and why, and where its folder is."""
    from landscape_sim.cli.running import reused
    from landscape_sim.columns import Table
    from landscape_sim.comparison.sgd.passage_slopes import SLOPE_COLUMNS, SLOPES_TITLE
    from landscape_sim.console.tables import print_tables

    print_tables(
        [
            Table("", result.rows(), result.columns()),
            Table(SLOPES_TITLE, result.slopes(), SLOPE_COLUMNS),
        ],
        [*result.notes(), *reused(said)],
        said["folder"],
        width=_WIDTH,
    )
