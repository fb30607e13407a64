"""The command ``landscape-sim stationary``: the stationary law in a quadratic bowl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.console.options import (
    JsonOption,
    OutOption,
    ResumeOption,
    StudyOption,
    read_integers,
    read_numbers,
)

if TYPE_CHECKING:
    from landscape_sim.comparison.bowl.run import BowlResult

#: Room for every column on one line, also where the output is a file.
_WIDTH = 120


# Wide: one argument an option
# Long: each with its help
def stationary(
    study: StudyOption = None,
    learning_rate: Annotated[
        list[str] | None,
        typer.Option(help="η; repeat it, or separate values by commas. [default: 0.5,0.25]"),
    ] = None,
    batch_size: Annotated[
        list[str] | None,
        typer.Option(help="B; repeat it, or separate values by commas. [default: 3,4,6,8]"),
    ] = None,
    curvature: Annotated[
        float | None, typer.Option(help="h* of the bowl L* + h* r²/2. [default: 2.0]")
    ] = None,
    floor: Annotated[float | None, typer.Option(help="L* of the bowl. [default: 1.0]")] = None,
    dimensions: Annotated[
        list[str] | None,
        typer.Option(help="Outlier directions n for the exponents. [default: 1,2]"),
    ] = None,
    transition_dimensions: Annotated[
        list[str] | None,
        typer.Option(help="Outlier directions n for the transition. [default: 1,4,6,7,8,9,10]"),
    ] = None,
    paths: Annotated[
        int | None, typer.Option(help="Independent paths of each case. [default: 2000]")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="Samples of each path for the exponents. [default: 200]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Determines every random number. [default: 0]")
    ] = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the stationary law L^-φ with simulation, and show where it ends.

    In a quadratic bowl, under noise proportional to the loss, φ = 1 + B/(η h*) in t = learning
    rate x steps and B/(η h*) in the time dτ = L dt. At the highest T = η h*/B the loss is
    followed in time: it stays near L* below the critical dimension n_c = 2 (1/T + 1), and grows
    without end above. Tables, figures, NetCDF and study.json land in a new folder.
    """
    from landscape_sim.cli.running import Place, run_and_store, with_bar
    from landscape_sim.comparison.bowl.run import run_bowl_study
    from landscape_sim.comparison.bowl.study import BowlStudy
    from landscape_sim.console.document import print_result

    changes = {
        "learning_rates": read_numbers("--learning-rate", _joined(learning_rate)),
        "batch_sizes": read_integers("--batch-size", _joined(batch_size)),
        "curvature": curvature,
        "floor": floor,
        "dimensions": read_integers("--dimensions", _joined(dimensions)),
        "transition_dimensions": read_integers(
            "--transition-dimensions", _joined(transition_dimensions)
        ),
        "n_paths": paths,
        "n_samples": samples,
        "seed": seed,
    }
    place = Place(out, resume)
    chosen = place.study(BowlStudy, study, BowlStudy).changed(changes)
    result, _, document = run_and_store(with_bar(run_bowl_study), chosen, place)
    document["exponents"] = result.rows()
    document["transition"] = result.transition_rows()
    print_result(document, as_json, lambda said: _print_report(result, said))


def _joined(texts: list[str] | None) -> str | None:
    """Return one list of an option that may be repeated and may hold commas."""
    return ",".join(texts) if texts else None


def _print_report(result: BowlResult, said: dict[str, Any]) -> None:
    """Print both tables, what their intervals say, and the folder."""
    from landscape_sim.cli.running import reused
    from landscape_sim.columns import Table
    from landscape_sim.comparison.bowl import tables
    from landscape_sim.console.tables import print_tables

    exponents, transition = result.rows(), result.transition_rows()
    print_tables(
        [
            Table(tables.EXPONENT_TITLE, exponents, tables.EXPONENT_COLUMNS),
            Table(tables.TRANSITION_TITLE, transition, tables.TRANSITION_COLUMNS),
        ],
        [*([tables.summary(exponents, transition)] if exponents else []), *reused(said)],
        said["folder"],
        width=_WIDTH,
    )
