"""A real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_a_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="needs chromium and chromedriver"
)

#: Points at the first mark of the first chart, and returns the lines that it says.
HOVER = """
    const chart = document.querySelector('.js-plotly-plot');
    const curve = chart.data.findIndex((one) => one.mode === 'markers');
    Plotly.Fx.hover(chart, [{ curveNumber: curve, pointNumber: 0 }]);
    return [...chart.querySelectorAll('.hoverlayer tspan, .hoverlayer text')]
        .map((one) => one.textContent);
"""


@contextmanager
def opened(page: Path) -> Iterator[Any]:
    """Yield the driver of a window that shows a report, once its charts are drawn."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install '.[browser]'")
    waiting = pytest.importorskip("selenium.webdriver.support.wait")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for one in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1250,1600"):
        options.add_argument(f"--{one}")
    options.add_argument("--enable-unsafe-swiftshader")  # surfaces without a graphics card
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.set_script_timeout(120)
        driver.get(page.as_uri())
        wait = waiting.WebDriverWait(driver, 120)
        wait.until(lambda one: one.execute_script("return document.body.dataset.drawn") == "yes")
        yield driver
    finally:
        driver.quit()
