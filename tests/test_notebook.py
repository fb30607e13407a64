"""What a notebook shows of a rate, and of several."""

from __future__ import annotations

from xml.etree import ElementTree

import landscape_sim as ls

#: The loss ratio, at this temperature: a rate of 1e-875, which no float holds.
COLD = ls.Escape(ls.QuarticDoubleWell.from_loss_ratio(5.0, 0.25), temperature=0.0008)


def _cells(html: str) -> list[list[str]]:
    table = ElementTree.fromstring(f"<div>{html}</div>")
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_rates_are_shown_with_their_intervals_also_below_the_smallest_float():
    answers = ls.rates([COLD.formula(), COLD.exact()])
    head, formula, exact = _cells(answers._repr_html_())
    assert (formula[0], exact[0]) == ("formula", "exact")
    assert formula[head.index("rate")].endswith("e-875"), formula
    assert exact[head.index("from … to")].count("e-875") == 2, exact


def test_labels_come_first_and_caveats_below():
    low = ls.Escape(ls.QuarticDoubleWell.from_loss_ratio(1.2, 0.25), temperature=0.2)
    html = ls.rates({"<warm>": low.formula()})._repr_html_()
    head, row = _cells(html)
    assert (head[:2], row[:2]) == (["", "method"], ["<warm>", "formula"])
    assert "<p>&lt;warm&gt;: the barrier is" in html


def test_one_rate_is_a_table_of_one_row():
    assert len(_cells(COLD.formula()._repr_html_())) == 2


def test_a_study_is_the_tables_that_its_command_prints_and_a_figure_a_picture():
    study = ls.Study(
        name="two",
        loss_ratios=[2.0, 3.0],
        learning_rates=[0.1],
        batch_sizes=[1],
        landscapes=[{"landscape": "quartic", "barrier": 0.25}],
        methods=["formula", "exact"],
    )
    result = ls.run_study(study)
    table = _cells(result._repr_html_())
    assert [row[0] for row in table[1:3]] == ["quartic", "quartic"]
    assert result.plot()._repr_png_().startswith(b"\x89PNG")
