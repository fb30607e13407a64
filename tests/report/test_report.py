"""What a results folder's report holds, read as the browser would."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from PIL import Image
from reported_study import STUDY

import landscape_sim as ls
from landscape_sim.columns import Column, Table
from landscape_sim.comparison.escapes import result as result_room
from landscape_sim.report.rates_chart import rates_chart
from landscape_sim.report.report import Report
from landscape_sim.report.writing import write_report


class Reader(HTMLParser):
    """Collect texts by tag, and every address that the page would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.charts: list[dict] = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        said = dict(attrs)
        self.addresses += [said[name] for name in ("src", "href") if name in said]
        if said.get("class") == "chart-data":
            self.open[-1] = "chart-data"

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "chart-data":
            self.charts.append(json.loads(data))
        elif data.strip() and self.open:
            self.texts.append((self.open[-1], data.strip()))


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return ls.run_study(ls.Study(**STUDY)).save(tmp_path_factory.mktemp("report") / "out")


@pytest.fixture(scope="module")
def seen(folder):
    return read((folder / "report.html").read_text(encoding="utf-8"))


def test_is_one_file_of_less_than_5_mb_that_asks_for_nothing(folder, seen):
    assert (folder / "report.html").stat().st_size < 5e6
    assert {address.split(",")[0] for address in seen.addresses} == {"data:image/png;base64"}


def test_the_verdict_comes_first_then_pictures_then_tables(seen):
    words = [text for _, text in seen.texts]
    verdict = next(n for n, text in enumerate(words) if text.startswith("Verdict: "))
    table = words.index("Escape rates per unit of t = ηk")
    assert verdict < table < words.index("landscape-sim compare --study study.json")


def test_marks_say_the_numbers_of_the_table(folder, seen):
    table = pd.read_csv(folder / "table.csv").query("landscape == 'quartic'")
    exact = next(one for one in seen.charts[0]["data"] if one["name"] == "exact")
    assert exact["y"] == pytest.approx(table["rate_exact"].tolist(), rel=1e-12)
    for words, rate in zip(exact["text"], table["rate_exact"], strict=True):
        assert f"exact {rate:.6g}" in words


def test_marks_say_rates_below_every_float(tmp_path):
    cold = ls.Study(**{**STUDY, "learning_rates": [1e-4], "landscapes": STUDY["landscapes"][:1]})
    seen = read((ls.run_study(cold).save(tmp_path / "c") / "report.html").read_text("utf-8"))
    (exact,) = (one for one in seen.charts[0]["data"][:3] if one["name"] == "exact")
    assert re.search(r"exact \d\.\d+e-\d{4}", exact["text"][0]), exact["text"]


def test_pictures_are_in_the_order_of_their_numbers(tmp_path):
    png = ls.plot_escape(ls.Escape(ls.QuarticDoubleWell(0.25, 1.0), temperature=0.1))._repr_png_()
    for number in (10, 2, 1):
        (tmp_path / f"landscape-{number}-q.png").write_bytes(png)
    page = write_report(Report("t", "v", [], "c"), tmp_path).read_text("utf-8")
    assert re.findall(r"id='landscape-(\d+)", page) == ["1", "2", "10"]


def test_a_picture_that_cannot_be_read_is_left_out_and_named(tmp_path):
    for name in ("a", "b", "c"):
        Image.new("RGB", (40, 40)).save(tmp_path / f"{name}.png")
    whole = (tmp_path / "b.png").read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.png").write_text("no picture")
    (tmp_path / "d.png").mkdir()
    page = write_report(Report("t", "v", (), "c"), tmp_path).read_text()
    assert re.findall(r"id='(.*?)'><(.*?)[ >]", page) == [
        ("a", "img"), ("b", "p"), ("c", "p"), ("d", "p")
    ]  # fmt: skip
    assert "c.png is damaged, and left out." in page


def test_a_landscape_in_the_plane_can_be_turned_round(seen):
    rates, surface = seen.charts
    assert (rates["log_axes"], surface["log_axes"]) == (["yaxis", "yaxis3"], [])
    kinds = [one["type"] for one in surface["data"]]
    assert kinds == ["surface", "scatter3d", "scatter3d"]


def test_the_same_study_has_the_same_report(folder, tmp_path):
    again = ls.run_study(ls.Study(**STUDY)).save(tmp_path / "again")
    one, other = ((at / "report.html").read_bytes() for at in (folder, again))
    assert one == other


def test_words_stay_words(tmp_path):
    evil = "</script><script>alert(1)</script>"
    table = Table(evil, [{"a": evil}], [Column(evil.replace("{", ""), "{a}")])
    chart = {"data": [{"name": evil}], "layout": {}, "log_axes": [], "caption": evil}
    report = Report(evil, evil, [table], evil, [evil], {"a": evil}, {"rates": chart})
    page = write_report(report, tmp_path).read_text(encoding="utf-8")
    assert not re.search(r"<script>\s*alert", page)
    assert read(page).charts[0]["data"][0]["name"] == evil


def test_a_chart_of_many_landscapes_names_every_kind_of_line_once_below_them():
    wells = [
        {**STUDY["landscapes"][0], "barrier": 0.25},
        *(
            {"landscape": f"a label of forty letters, number {k} now", "formula": well}
            | {"variables": "x"}
            for k, well in enumerate(("0.2 + (x**2 - 1)**2", "0.1 + 0.5*(x**2 - 1)**2"))
        ),
    ]
    study = ls.Study(**{**STUDY, "landscapes": wells, "learning_rates": [0.1, 0.05]})
    chart = rates_chart(ls.run_study(study).dataset())
    named = [one["name"] for one in chart["data"] if one["showlegend"]]
    assert named == ["B/η = 10", "B/η = 20"]
    layout = chart["layout"]
    assert (layout["legend"]["yref"], layout["legend"]["y"]) == ("container", 0.0)
    titles = layout["annotations"]
    assert [one["xanchor"] for one in titles] == ["center"] * 3
    assert max(len(line) for one in titles for line in one["text"].split("<br>")) < 45
    assert layout["margin"]["t"] >= 20 * max(one["text"].count("<br>") + 2 for one in titles)


def test_what_is_refused_has_its_reason_in_the_table_and_numbers_are_put_together_once(
    tmp_path, monkeypatch
):
    made = []
    dataset = result_room.to_dataset
    monkeypatch.setattr(result_room, "to_dataset", lambda *of: made.append(1) or dataset(*of))
    flat = {
        "landscape": "well",
        "formula": "0.1 + b*(x**2 - 1)**2",
        "variables": "x",
        "parameters": {"b": [0.5, 0.0]},
    }
    study = ls.Study(name="f", landscapes=[flat], temperatures=[0.1], methods=["formula", "exact"])
    page = (ls.run_study(study).save(tmp_path / "f") / "report.html").read_text("utf-8")
    cells = [text for tag, text in read(page).texts if tag in ("th", "td")]
    assert "refusal" in cells
    assert any("does not depend on" in cell for cell in cells)
    assert len(made) == 1


def test_a_report_without_charts_carries_no_library(tmp_path):
    path = write_report(Report("t", "v", [], "c"), tmp_path)
    assert path.stat().st_size < 20_000
