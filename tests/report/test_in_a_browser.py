"""The report in a real browser: nothing complains, pointers see numbers, tables sort and filter."""

from __future__ import annotations

import pandas as pd
import pytest
from browser_window import needs_a_browser, opened
from reported_study import STUDY

import landscape_sim as ls

waiting = pytest.importorskip("selenium.webdriver.support.wait", reason="pip install '.[browser]'")
pytestmark = needs_a_browser

THREE = {**STUDY, "loss_ratios": [2.0, 3.0, 4.0]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return ls.run_study(ls.Study(**THREE)).save(tmp_path_factory.mktemp("browser") / "out")


@pytest.fixture(scope="module")
def browser(folder):
    with opened(folder / "report.html") as driver:
        yield driver


def test_nothing_complains(browser):
    assert [one for one in browser.get_log("browser") if one["level"] == "SEVERE"] == []


def test_charts_take_the_place_of_their_pictures(browser):
    count = browser.execute_script("return document.querySelectorAll('.js-plotly-plot').length")
    assert count == 2


def test_a_mark_under_the_pointer_says_the_numbers_of_the_table(browser, folder):
    rate = pd.read_csv(folder / "table.csv")["rate_exact"][1]
    script = """
        const chart = document.querySelector('.js-plotly-plot');
        const curve = chart.data.findIndex((one) => one.name === 'exact');
        Plotly.Fx.hover(chart, [{ curveNumber: curve, pointNumber: 1 }]);
        return chart.querySelector('.hoverlayer').textContent;
    """
    assert f"exact {rate:.6g}" in browser.execute_script(script)


def test_axes_change_between_logarithmic_and_linear(browser):
    kind = "return document.querySelector('.js-plotly-plot').layout.yaxis.type"
    button = browser.find_element("css selector", "#rates button")
    assert (browser.execute_script(kind), button.text) == ("log", "linear axis")
    button.click()
    assert (browser.execute_script(kind), button.text) == ("linear", "logarithmic axis")
    button.click()


def test_tables_sort_and_filter(browser):
    table = browser.find_element("css selector", "section.table")
    rows = "[...arguments[0].querySelectorAll('tbody tr:not([hidden])')]"
    column = f"return {rows}.map((row) => row.cells[%d].textContent)"
    heading = next(
        one for one in table.find_elements("css selector", "th button") if one.text == "exact"
    )
    place = [one.text for one in table.find_elements("css selector", "th button")].index("exact")
    heading.click()
    values = [float(one) for one in browser.execute_script(column % place, table)]
    assert values == sorted(values)
    table.find_element("css selector", "input").send_keys("quartic 1")
    assert browser.execute_script(column % 0, table) == ["quartic"] * 3


def test_rates_below_every_float_have_an_order(browser):
    numbers = "['1e-5', '4e-735', '0', '9.7e-1256', '-3']"
    order = f"return {numbers}.sort((a, b) => magnitude(a) - magnitude(b))"
    assert browser.execute_script(order) == ["-3", "0", "9.7e-1256", "4e-735", "1e-5"]


def test_the_page_can_be_dark(browser):
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = browser.execute_script(paper)
    browser.find_element("id", "theme").click()
    assert browser.execute_script(paper) != before


def test_a_phone_does_not_scroll_sideways(browser):
    browser.set_window_size(500, 900)
    wide = "return document.documentElement.scrollWidth - window.innerWidth"
    wait = waiting.WebDriverWait(browser, 30)  # charts are drawn anew
    assert wait.until(lambda one: one.execute_script(wide) <= 0)
