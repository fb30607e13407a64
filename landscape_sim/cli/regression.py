"""The commands ``landscape-sim regression …``: SGD itself on data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.console.exit_codes import INTERRUPTED
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.comparison.sgd.study import AnyStudy

regression = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="SGD itself: linear regression (the paper's section 5.3) and phase regression.",
)


StudyOption = Annotated[
    Path | None,
    typer.Option("--study", help="A TOML or JSON file, or study.json of an earlier run."),
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of the data and of the batches.")]
DataOption = Annotated[int | None, typer.Option(help="Samples N of the data set.")]
RunsOption = Annotated[int | None, typer.Option(help="Runs of SGD in each case.")]
OutOption = Annotated[
    Path | None,
    typer.Option(help="Folder to create for the results. [default: results/STUDY-TIME]"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
]


def _list(help_text: str) -> Any:
    return typer.Option(help=f"{help_text}, separated by commas.")


@regression.command()
def stationary(
    study: StudyOption = None,
    learning_rates: Annotated[str | None, _list("Learning rates η")] = None,
    batch_sizes: Annotated[str | None, _list("Batch sizes B")] = None,
    data_samples: DataOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the exponent φ of the stationary law L^-φ of one-dimensional linear regression.

    Beside the prediction 1 + B/(η h*) stands the exact value for this data set, learning rate
    and batch size. The built-in study takes a minute or two.
    """
    from landscape_sim.comparison.sgd.study import StationaryStudy

    changes = {
        "learning_rates": _numbers("--learning-rates", learning_rates),
        "batch_sizes": _numbers("--batch-sizes", batch_sizes),
        "data_samples": data_samples,
        "n_paths": runs,
        "seed": seed,
    }
    _run(StationaryStudy, study, changes, out, as_json)


@regression.command()
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
    as_json: JsonOption = False,
) -> None:
    """Measure the mean time until the loss of a linear regression has reached c L*.

    The slope of its logarithm on log c stands beside the predicted B/(η h*) + 1 - d/2 and the
    slopes of two exact radial solutions, of the theory's noise and of the exact covariance.
    """
    from landscape_sim.comparison.sgd.study import PassageStudy

    changes = {
        "dimensions": _numbers("--dimensions", dimensions),
        "loss_ratios": _numbers("--loss-ratios", loss_ratios),
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "max_time": max_time,
        "data_samples": data_samples,
        "n_paths": runs,
        "seed": seed,
    }
    _run(PassageStudy, study, changes, out, as_json)


@regression.command()
def chain(
    study: StudyOption = None,
    learning_rates: Annotated[str | None, _list("Learning rates η")] = None,
    batch_sizes: Annotated[str | None, _list("Batch sizes B")] = None,
    label_noises: Annotated[str | None, _list("Standard deviations σ of the label noise")] = None,
    data_samples: DataOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare escape rates of phase regression, from SGD to Eq. (15), link by link.

    Given any of the three lists, every combination is one case; what is left out is 0.5, 1, 1.
    """
    from itertools import product

    from landscape_sim.comparison.sgd.study import ChainStudy

    changes: dict[str, Any] = {"data_samples": data_samples, "n_paths": runs, "seed": seed}
    axes = {
        "learning_rate": _numbers("--learning-rates", learning_rates),
        "batch_size": _numbers("--batch-sizes", batch_sizes),
        "label_noise": _numbers("--label-noises", label_noises),
    }
    if any(axes.values()):
        values = [
            axis or [default] for axis, default in zip(axes.values(), (0.5, 1, 1.0), strict=True)
        ]
        changes["settings"] = [dict(zip(axes, one, strict=True)) for one in product(*values)]
    _run(ChainStudy, study, changes, out, as_json)


def _numbers(name: str, text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"{name} must be numbers separated by commas, got {text!r}; e.g. {name} 1,2"
        ) from error


def _option(key: tuple[int | str, ...]) -> str:
    """Return the option that sets this part of a study."""
    if key[:1] == ("settings",) and len(key) > 2:
        return f"--{str(key[2]).replace('_', '-')}s"
    name = str(key[0]) if key else "study"
    return {"n_paths": "--runs"}.get(name, f"--{name.replace('_', '-')}")


def _study(kind: type[AnyStudy], path: Path | None, changes: dict[str, Any]) -> AnyStudy:
    """Return the study in the file, or the built-in one, with the options that were given."""
    from landscape_sim.comparison.sgd.study import checked, load_regression_study

    study = kind() if path is None else load_regression_study(kind, path)
    given = {name: value for name, value in changes.items() if value is not None}
    return checked(kind, study.model_dump() | given, _option)


def _run(
    kind: type[AnyStudy],
    path: Path | None,
    changes: dict[str, Any],
    out: Path | None,
    as_json: bool,
) -> None:
    """Run the study that was asked for, print it, and say how it ended."""
    from landscape_sim.cli.regression_report import print_report, run_and_store

    study = _study(kind, path, changes)
    document = run_and_store(study, out)
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        print_report(study, document)
    if document["refusal"] is not None:
        raise InputError(
            f"{document['refusal']}; what was finished before is in {document['folder']}"
        )
    if not document["is_complete"]:
        typer.echo(f"landscape-sim: interrupted; see {document['folder']}", err=True)
        raise typer.Exit(INTERRUPTED)
