"""Charts in the reports of networks: a mark says its row of the table."""

from __future__ import annotations

import csv
import json

from nn_bridge.measurements.charts import noise_charts


def test_the_report_of_an_escape_has_its_passages_as_a_chart(escaped, trained):
    assert escaped.returncode == 0, escaped.stderr
    folder = trained.parent / "e"
    page = (folder / "report.html").read_text(encoding="utf-8")
    chart = json.loads(page.split("class='chart-data'>")[1].split("</script>")[0])
    (marks,) = chart["data"]
    with (folder / "passages.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert marks["x"] == [float(row["c"]) for row in rows]
    for said, row in zip(marks["text"], rows, strict=True):
        assert f"c: {float(row['c'])}" in said
        assert f"time_low: {row['time_low']}" in said


def test_noise_of_both_ways_has_marks_of_both():
    rows = [{"epoch": 1, "loss": 2.0, "noise_strength": 3.0}]
    assert [trace["y"] for trace in noise_charts(rows)["chart-noise"]["data"]] == [[3.0]]
    both = [{**rows[0], "noise_by_batches": 3.5}]
    assert [trace["y"] for trace in noise_charts(both)["chart-noise"]["data"]] == [[3.0], [3.5]]
