"""Run the study of the stationary law; its result as rows, tables, a dataset, figures, a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.columns import Table
from landscape_sim.comparison.bowl.case import (
    N_TIMES,
    ExponentMeasurement,
    TransitionMeasurement,
    measure_exponents,
    measure_transition,
    transition_duration,
)
from landscape_sim.comparison.bowl.charts import bowl_charts
from landscape_sim.comparison.bowl.dataset import bowl_dataset
from landscape_sim.comparison.bowl.study import BowlStudy, ExponentIndex, exponent_indices
from landscape_sim.comparison.bowl.tables import (
    EXPONENT_COLUMNS,
    EXPONENT_TITLE,
    TRANSITION_COLUMNS,
    TRANSITION_TITLE,
    exponent_rows,
    summary,
    transition_rows,
)
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress, StudyCase, run_cases, through_store
from landscape_sim.comparison.data_frame import data_frame
from landscape_sim.comparison.saving import save_result
from landscape_sim.comparison.study_file import require_study
from landscape_sim.estimators import StationaryExponentFit
from landscape_sim.memory import require_memory
from landscape_sim.report.report import Report
from landscape_sim.result_files import write_dataset, write_table
from landscape_sim.results import ConfidenceInterval
from landscape_sim.seeds import case_seed

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: Numbers that stand beside the coordinates of a sample: its weight, its loss, its residuals.
_ARRAYS = 8
#: Answers, and what they are made of.
_CODE = measure_exponents.__module__
_KINDS = (ExponentMeasurement, TransitionMeasurement, StationaryExponentFit, ConfidenceInterval)


@dataclass(frozen=True)
class BowlResult:
    """The finished cases of a study of the stationary law.

    Attributes
    ----------
    study : BowlStudy
        What was asked for.
    exponents : dict of ExponentIndex to ExponentMeasurement
        In the order in which they were run.
    transition : dict of int to TransitionMeasurement
        By position in ``transition_dimensions``.
    is_complete : bool
        False if the run was interrupted, or a case was refused.
    refusal : str or None
        Which case could not be run, and why.
    """

    study: BowlStudy
    exponents: dict[ExponentIndex, ExponentMeasurement]
    transition: dict[int, TransitionMeasurement]
    is_complete: bool
    refusal: str | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Return two flat mappings a finished exponent, one for each clock."""
        return exponent_rows(self.study, self.exponents)

    def transition_rows(self) -> list[dict[str, Any]]:
        """Return the finished dimensions of the transition as flat mappings."""
        return transition_rows(self.study, self.transition)

    def table(self) -> pd.DataFrame:
        """Return the exponents as a table of pandas, None as NaN."""
        return data_frame(self.rows())

    def transition_table(self) -> pd.DataFrame:
        """Return the transition as a table of pandas, None as NaN."""
        return data_frame(self.transition_rows())

    def dataset(self) -> xr.Dataset:
        """Return everything on its axes; what was not finished or is not possible is NaN."""
        dataset = bowl_dataset(self.study, self.exponents, self.transition)
        dataset.attrs["is_complete"] = int(self.is_complete)
        return dataset

    def plot(self, *, axes: AxesLike | None = None) -> Figure:
        """Draw the exponents and one density, in a new figure or on three axes."""
        from landscape_sim.plots.bowl import plot_exponents

        return plot_exponents(self.dataset(), axes=axes)

    def plot_transition(self, *, axes: AxesLike | None = None) -> Figure:
        """Draw the loss in time and its growth, in a new figure or on three axes."""
        from landscape_sim.plots.bowl import plot_transition

        return plot_transition(self.dataset(), axes=axes)

    def report(self) -> Report:
        """Return what ``report.html`` says: how many intervals hold, and the tables."""
        exponents, transition = self.rows(), self.transition_rows()
        return Report(
            f"The stationary law: {self.study.name}",
            summary(exponents, transition) if exponents else "",
            [
                Table(EXPONENT_TITLE, exponents, EXPONENT_COLUMNS),
                Table(TRANSITION_TITLE, transition, TRANSITION_COLUMNS),
            ],
            "landscape-sim stationary --study study.json",
            [] if self.refusal is None else [self.refusal],
            self.study.model_dump(mode="json"),
            bowl_charts(exponents, transition),
        )

    def save(self, folder: Path | str | None = None) -> Path:
        """Write tables, dataset, figures and ``study.json`` into a new folder; return its path.

        By default ``results/<study>-<time>``.

        Raises
        ------
        InputError
            If the folder exists already or cannot be created.
        """
        return save_result(self, folder)

    def write_numbers(self, folder: Path) -> None:
        """Write tables and dataset into a folder that exists."""
        for name, rows in (("table", self.rows()), ("transition", self.transition_rows())):
            if rows:
                write_table(folder, name, rows, list(rows[0]))
        if self.exponents:
            write_dataset(folder, self.dataset())

    def write_figures(self, folder: Path) -> None:
        """Draw and write the figures into a folder that exists."""
        from landscape_sim.plots.style import save_figure

        if self.exponents:
            save_figure(self.plot(), folder, "exponents")
        if self.transition:
            save_figure(self.plot_transition(), folder, "transition")


def run_bowl_study(
    study: BowlStudy, progress: Progress | None = None, store: CaseStore | None = None
) -> BowlResult:
    """Run every case; on Ctrl-C, or where one is refused, return what is finished.

    Parameters
    ----------
    study : BowlStudy
    progress : callable, optional
        Told how many cases are finished, how many there are, and the name of the next one.
    store : CaseStore, optional
        Answers that it has are not computed again; others are kept there.

    Raises
    ------
    InputError
        If it is no study, or the first case is refused.
    """
    require_study(study, BowlStudy)
    indices = exponent_indices(study)
    directions = max(*study.dimensions, *study.transition_dimensions)
    require_memory(
        8.0 * (directions + _ARRAYS) * study.n_paths * max(study.n_samples, N_TIMES),
        f"a bowl with {study.n_paths:,} paths of {study.n_samples:,} samples",
        "lower n_paths or n_samples",
    )

    cases = [*_exponent_cases(study, indices), *_transition_cases(study)]
    finished = run_cases(through_store(cases, store, _CODE, _KINDS), progress)
    return BowlResult(
        study=study,
        exponents=dict(zip(indices, finished.answers, strict=False)),
        transition=dict(enumerate(islice(finished.answers, len(indices), None))),
        is_complete=finished.is_complete,
        refusal=finished.refusal,
    )


def _exponent_cases(study: BowlStudy, indices: list[ExponentIndex]) -> list[StudyCase[Any]]:
    cases = []
    for number, index in enumerate(indices):
        eta = study.learning_rates[index.learning_rate]
        batch = study.batch_sizes[index.batch_size]
        n = study.dimensions[index.dimension]
        compute = partial(
            measure_exponents,
            study.bowl(n, max(study.dimensions)),
            study.temperature(eta, batch),
            n_paths=study.n_paths,
            n_samples=study.n_samples,
            confidence_level=study.confidence_level,
            seed=case_seed(study.seed, 0, number),
        )
        cases.append(_case(f"exponents, n = {n}, η = {eta:g}, B = {batch}", compute))
    return cases


def _transition_cases(study: BowlStudy) -> list[StudyCase[Any]]:
    temperature, most = study.highest_temperature, max(study.transition_dimensions)
    cases = []
    for number, n in enumerate(study.transition_dimensions):
        compute = partial(
            measure_transition,
            study.bowl(n, most),
            temperature,
            duration=transition_duration(study.curvature, temperature, most),
            n_paths=study.n_paths,
            confidence_level=study.confidence_level,
            seed=case_seed(study.seed, 1, number),
        )
        cases.append(_case(f"transition, n = {n}", compute))
    return cases


def _case(name: str, compute: partial[Any]) -> StudyCase[Any]:
    """Return a case that depends on what its function is given, and on nothing else."""
    (bowl, temperature), method = compute.args, compute.func.__name__
    given = {"floor": bowl.floor, "curvatures": bowl.curvatures, "temperature": temperature}
    return StudyCase(name, compute, {"method": method, **given, **compute.keywords})
