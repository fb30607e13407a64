"""Studies of SGD from Python: rows, table, dataset, figure and folder."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import landscape_sim as ls
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.sgd import stationary

STUDY = ls.StationaryStudy(
    learning_rates=(0.3,), batch_sizes=(1, 4), data_samples=200, n_paths=10, path_samples=40
)


@pytest.fixture(scope="module")
def result():
    return ls.run_sgd_study(STUDY)


def test_rows_table_and_dataset_hold_the_same(result):
    rows = result.rows()
    assert result.is_complete
    assert [row["batch_size"] for row in rows] == [1, 4]
    table, dataset = result.table(), result.dataset()
    assert list(table) == list(rows[0])
    assert table["exact"].tolist() == [row["exact"] for row in rows]
    assert np.array_equal(dataset["exact"], table["exact"])
    # Known for batches of one only.
    assert rows[1]["tail_data"] is None
    assert np.isnan(table["tail_data"][1])
    assert np.isnan(dataset["tail_data"][1])
    assert all(column.cell(row) for row in rows for column in result.columns())


def test_is_saved_as_the_command_saves_it_and_read_again(result, tmp_path):
    folder = result.save(tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        *("study.json", "table.csv", "results.nc", "stationary.png", "stationary.svg"),
        "report.html",
    }
    assert ls.StationaryStudy.load(folder / "study.json") == STUDY
    with pytest.raises(ls.InputError, match="exists already"):
        result.save(folder)


def test_is_drawn_on_axes_of_ones_own(result):
    panel = Figure().subplots()
    assert result.plot(axes=panel) is panel.figure
    assert panel.get_xlabel() == "batch size $B$"
    assert result.plot() is not panel.figure


def test_an_interruption_keeps_the_cases_before_it(monkeypatch, result, tmp_path):
    sample = stationary.sample_sgd_stationary

    def interrupt_the_second(data, rule, *arguments, **options):
        if rule.batch_size == 4:
            raise KeyboardInterrupt
        return sample(data, rule, *arguments, **options)

    monkeypatch.setattr(stationary, "sample_sgd_stationary", interrupt_the_second)
    store = CaseStore(tmp_path)
    cut = ls.run_sgd_study(STUDY, store=store)
    assert not cut.is_complete
    assert cut.rows() == result.rows()[:1]
    monkeypatch.undo()
    assert ls.run_sgd_study(STUDY, store=store).rows() == result.rows()
    assert (store.n_found, store.n_computed) == (1, len(result.rows()))


def test_passages_have_slopes_and_other_studies_none(result):
    study = ls.PassageStudy(
        dimensions=(1,), loss_ratios=(1.3, 1.6), slope_from=1.2, max_time=100, n_paths=20,
        data_samples=200,
    )  # fmt: skip
    passages = ls.run_sgd_study(study)
    (slope,) = passages.slopes()
    assert slope["dimension"] == 1
    assert passages.plot().axes[0].get_xlabel() == "$c = L/L^*$"
    assert result.slopes() == []
