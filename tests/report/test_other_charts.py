"""Charts of studies other than those of rates: a mark says the row of its table."""

from __future__ import annotations

import math

import pytest
from browser_window import HOVER, needs_a_browser, opened

import landscape_sim as ls
from landscape_sim.columns import Column
from landscape_sim.report.points_chart import ChartAxis, Points, points_chart

COLUMNS = [Column("B", "{b:d}"), Column("φ", "{fit:.2f}"), Column("to", "{high:.2f}", "∞")]
ROWS = [
    {"b": 1, "fit": 2.0, "low": 1.5, "high": 2.25},
    {"b": 2, "fit": 3.0, "low": 2.0, "high": None},
    {"b": 4, "fit": None, "low": 1.0, "high": math.inf},
]


def test_a_mark_says_its_row_and_an_open_end_has_no_bar():
    marks = Points("SGD", ROWS, "fit", ("low", "high"))
    law = Points("law", ROWS, "b", look="line", group="law")
    chart = points_chart([marks, law], ChartAxis("B", of="b"), ChartAxis("φ"), "Text.", COLUMNS)
    trace, line = chart["data"]
    assert trace["text"] == ["B: 1<br>φ: 2.00<br>to: 2.25", "B: 2<br>φ: 3.00<br>to: ∞",
                             "B: 4<br>φ: -<br>to: inf"]  # fmt: skip
    assert (trace["x"], trace["y"]) == ([1.0, 2.0, 4.0], [2.0, 3.0, None])
    assert trace["error_y"]["array"] == [0.25, None, None]
    assert trace["error_y"]["arrayminus"] == [0.5, 1.0, None]
    assert line["mode"] == "lines"
    assert line["line"]["color"] != trace["marker"]["color"]
    assert chart["log_axes"] == ["yaxis"]
    assert chart["layout"]["xaxis"]["tickvals"] == [1, 2, 4]


def test_without_columns_a_mark_says_every_value():
    chart = points_chart([Points("", ROWS[:1], "fit")], ChartAxis("", of="b"), ChartAxis(""), "")
    assert chart["data"][0]["text"] == ["b: 1<br>fit: 2<br>low: 1.5<br>high: 2.25"]


def passages() -> ls.SgdResult:
    study = ls.PassageStudy(
        name="small", dimensions=(1,), loss_ratios=(2.0, 3.0), n_paths=20, data_samples=200
    )
    return ls.run_sgd_study(study)


def bowl() -> ls.BowlResult:
    study = ls.BowlStudy(
        name="bowl", learning_rates=(0.5,), batch_sizes=(3, 4), dimensions=(1,),
        transition_dimensions=(1, 8), n_paths=50, n_samples=20,
    )  # fmt: skip
    return ls.run_bowl_study(study)


def chain() -> ls.SgdResult:
    setting = ls.ApproximationSetting(learning_rate=0.5, batch_size=1, label_noise=1.0)
    return ls.run_sgd_study(ls.ApproximationStudy(settings=(setting,), n_paths=20))


@needs_a_browser
@pytest.mark.slow
@pytest.mark.parametrize("run", [passages, bowl, chain])
def test_under_the_pointer_stand_the_cells_of_the_table(run, tmp_path):
    result = run()
    folder = result.save(tmp_path / "out")
    with opened(folder / "report.html") as browser:
        complaints = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
        assert complaints == []
        shown = browser.execute_script(HOVER)
        table = browser.find_element("css selector", "section.table")
        cells = "return [...arguments[0].querySelectorAll('%s')].map((one) => one.textContent)"
        titles = browser.execute_script(cells % "th", table)
        first = browser.execute_script(cells % "tbody tr:first-child td", table)
    assert {f"{title}: {cell}" for title, cell in zip(titles, first, strict=True)} <= set(shown)
