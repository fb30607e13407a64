"""Charts in the reports of networks: a mark says its row, limits and bounds what they are."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
import xarray as xr
from browser_window import HOVER, needs_a_browser, opened

from nn_bridge.measurements.charts import noise_chart, passage_points, raised_rate_chart
from nn_bridge.measurements.cross_check_charts import chain_chart, valley_chart
from nn_bridge.measurements.spectrum_charts import decoupling_charts, eigenvalue_chart


def charts_of(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    return [json.loads(part.split("</script>")[0]) for part in page.split("'chart-data'>")[1:]]


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def named(chart, name):
    return next(trace for trace in chart["data"] if trace["name"] == name)


def test_the_report_of_an_escape_has_its_passages_as_a_chart(escaped, trained):
    assert escaped.returncode == 0, escaped.stderr
    folder = trained.parent / "e"
    (chart,) = charts_of(folder)
    marks = [mark for trace in chart["data"] for mark in
             zip(trace["x"], trace["text"], strict=True)]  # fmt: skip
    rows = table(folder / "passages.csv")
    assert sorted(x for x, _ in marks) == [float(row["c"]) for row in rows]
    for (x, said), row in zip(sorted(marks), rows, strict=True):
        assert f"c: {x:.5g}" in said
        assert f"time_low: {float(row['time_low']):.5g}" in said


def test_the_report_of_a_training_has_every_epoch(trained):
    (chart,) = charts_of(trained.parent)
    losses = [float(row["batch_loss"]) for row in table(trained.parent / "history.csv")]
    assert named(chart, "mean loss of the batches")["y"] == losses
    assert (
        f"loss: {named(chart, 'loss, all samples')['y'][-1]:.5g}"
        in (named(chart, "loss, all samples")["text"][-1])
    )


@needs_a_browser
@pytest.mark.slow
def test_under_the_pointer_stand_the_cells_of_the_table(trained):
    with opened(trained.parent / "report.html") as browser:
        complaints = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
        assert complaints == []
        shown = browser.execute_script(HOVER)
        cells = (
            "return [...document.querySelectorAll('section.table %s')].map((e) => e.textContent)"
        )
        titles = browser.execute_script(cells % "th")
        first = browser.execute_script(cells % "tbody tr:first-child td")
        assert {f"{t}: {c}" for t, c in zip(titles, first, strict=True)} <= set(shown)
        browser.set_window_size(500, 900)
        height = "return document.querySelector('.chart').getBoundingClientRect().height"
        assert browser.execute_script(height) > 400


def test_noise_of_both_ways_has_marks_of_both_and_its_fits_as_lines():
    rows = [{"epoch": k, "loss": 2.0**-k, "noise_strength": 3 * 4.0**-k} for k in range(5)]
    assert len(noise_chart(rows, [])["data"]) == 1
    both = [{**row, "noise_by_batches": 3.5} for row in rows]
    fit = {"window": "all", "exponent": 2.0, "low": 1.9, "high": 2.1, "L_low": 0.25, "L_high": 1}
    _, batches, line = noise_chart(both, [fit])["data"]
    assert batches["y"] == [3.5] * 5
    assert line["y"] == pytest.approx([3 / 16, 3.0], rel=1e-12)
    assert "low: 1.9<br>high: 2.1" in line["text"][0]


def test_a_lower_bound_is_no_time():
    known = {"c": 2.0, "mean_time": 5.0, "time_low": 4.0, "time_high": 7.0}
    rows = [{**known, "is_lower_bound": False}, {**known, "c": 3.0, "is_lower_bound": True}]
    times, bounds = passage_points("network", rows)
    assert ([row["c"] for row in times.rows], times.interval) == ([2.0], ("time_low", "time_high"))
    assert ([row["c"] for row in bounds.rows], bounds.y, bounds.look) == (
        [3.0],
        "time_low",
        "bound",
    )
    assert bounds.interval is None


def test_limits_stand_where_they_are_and_say_so():
    levels = [{"learning_rate": 0.1 * k, "batch_loss": 10.0**-k, "loss": None} for k in (1, 2)]
    at = {"η_c": 0.15, "far": 5.0, "infinite": None}
    limits = [{"limit": name, "at_start": value} for name, value in at.items()]
    chart = raised_rate_chart(levels, limits, 0.2)
    assert [one["name"] for one in chart["data"]][2:] == ["η_c", "transition"]
    line = named(chart, "η_c")
    assert set(line["x"]) == {0.15}
    assert (min(line["y"]), max(line["y"])) == pytest.approx((0.01, 0.1))
    assert line["text"] == "limit: η_c<br>at_start: 0.15"
    assert len({one["line"]["dash"] for one in chart["data"] if one["mode"] == "lines"}) == 3


def test_the_outliers_end_after_the_last_of_them():
    values = [{"rank": k, "eigenvalue": 8.0 / k, "gauss_newton": 7.9 / k} for k in (1, 2, 3)]
    rules = [{"rule": "gap", "n": 2, "is_lower_bound": False},
             {"rule": "share", "n": 3, "is_lower_bound": True}]  # fmt: skip
    chart = eigenvalue_chart(values, rules)
    assert set(named(chart, "gap: n = 2")["x"]) == {2.5}
    assert set(named(chart, "share: n ≥ 3")["x"]) == {3.5}
    negative = eigenvalue_chart([{"rank": 1, "eigenvalue": -1.0}])
    assert negative["layout"]["yaxis"]["type"] == "linear"


def test_a_spectrum_is_thinned_out_and_the_first_ranks_are_all_there():
    size = 4000
    values = np.geomspace(1.0, 1e-9, size)
    ratio = np.where(np.arange(size) < size // 2, 1.1, np.nan)
    names = ("exact", 1.1 * values), ("decoupled", values), ("ratio", ratio)
    dataset = xr.Dataset(
        {name: (("epoch", "rank"), [of, of]) for name, of in names}
        | {"trace_ratio": ("epoch", [1.0, 1.1]), "trace_ratio_error": ("epoch", [0.0, 0.05])},
        coords={"epoch": [0, 50], "rank": np.arange(1, size + 1)},
    )
    charts = decoupling_charts(dataset)
    exact = named(charts["spectra"], "epoch 50, exact")
    ranks = [int(rank) for rank in exact["x"]]
    assert ranks[:20] == list(range(1, 21))
    assert ranks[-1] == size
    assert len(ranks) <= 300
    assert exact["y"] == [1.1 * values[rank - 1] for rank in ranks]
    assert charts["chart-ratios"]["data"][1]["y"][-1] is None
    (traces,) = charts["chart-traces"]["data"]
    assert traces["error_y"]["array"] == pytest.approx([0.0, 1.96 * 0.05])
    assert "epoch: 50<br>trace_ratio: 1.1<br>trace_error: 0.05" in traces["text"][1]


def test_the_network_stands_beside_its_valleys_once():
    row = {"c": 2.0, "network": 3.0, "low": 2.0, "high": None, "is_lower_bound": True,
           "look_bias": 0.0, "formula": 4.0, "exact": None, "simulated": 5.0, "simulated_low": 4.5,
           "simulated_high": 5.5}  # fmt: skip
    chart = valley_chart([{"valley": name, **row} for name in ("a", "b")])
    assert [one["name"] for one in chart["data"]] == [
        "network, at least",
        *(f"{name}, {of}" for name in "ab" for of in ("power law", "simulated")),
    ]
    assert named(chart, "network, at least")["y"] == [2.0]
    assert named(chart, "a, simulated")["error_y"]["array"] == [0.5]


def test_rungs_stand_in_their_order_and_say_no_place():
    over = {"network_over": 1.2, "network_over_low": 1.1, "network_over_high": 1.3}
    rows = [{"c": c, "rung": rung, **over} for c in (2.0, 3.0)
            for rung in ("network", "tangent", "n = 1")]  # fmt: skip
    chart = chain_chart(rows)
    assert chart["layout"]["xaxis"]["ticktext"] == ["tangent", "n = 1"]
    first, second = chart["data"]
    assert first["x"] == pytest.approx([0.875, 1.875])
    assert second["x"] == pytest.approx([1.125, 2.125])
    assert first["text"][0].startswith("c: 2<br>rung: tangent<br>network_over: 1.2")
    assert not math.isnan(first["error_y"]["array"][0])
