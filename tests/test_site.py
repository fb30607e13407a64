"""From the front page of the built site each question of a newcomer is two clicks from its answer.

``python -m sphinx -W -b html docs docs/_build/html`` builds it.
"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(__file__).resolve().parent.parent / "docs" / "_build" / "html"
FRONT = SITE / "index.html"

#: What the front page lists, and what the heading of the page that answers it begins with.
ANSWERS = {
    "How do I get one rate, from the shell or from Python?": "First steps",
    "Formula, exact, simulation, splitting or instanton?": "Which method for which question",
    "What does the built-in study show, and what lies in its folder?": "The power law",
    "How do I state a loss of my own?": "Your own loss",
    "How do I measure a network of my own?": "Your own network",
    "Where does the formula fail, and what holds there?": "A law that holds where Eq. (15) fails",
    "How do I get a rate that no simulation reaches?": "Rates down to 1e-30",
    "How do I run many cases, also on a cluster?": "From a laptop to a cluster",
    "Do the paper’s figures come out?": "The paper, figure by figure",
    "Can I trust the numbers, and what is not possible?": "Limitations",
}


class Page(HTMLParser):
    """The heading, the words and the links of a page, those of its text alone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.headings, self.words = path, [""], ""
        self.links: set[Path] = set()
        self._in_text = self._in_heading = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self._in_text |= tag == "article"
        self._in_heading |= tag == "h1"
        link = urlsplit(given.get("href") or "")
        if tag == "a" and self._in_text and link.path and not link.scheme:
            self.links.add((self.path.parent / unquote(link.path)).resolve())

    def handle_endtag(self, tag):
        self._in_text &= tag != "article"
        self._in_heading &= tag != "h1"

    def handle_data(self, data):
        self.words += data
        if self._in_heading:
            self.headings[0] += data


@pytest.fixture(scope="module")
def site() -> dict[Path, Page]:
    pages = {path: Page(path) for path in SITE.rglob("*.html")}
    if not pages:
        pytest.skip("no site: python -m sphinx -W -b html docs docs/_build/html")
    return pages


def clicks(site: dict[Path, Page], front: Path) -> dict[Path, int]:
    """Return how many links lead from the front page to each page."""
    found, last = {front: 0}, {front}
    while last:
        n_clicks = found[next(iter(last))] + 1
        last = {link for path in last for link in site[path].links & site.keys()} - found.keys()
        found |= dict.fromkeys(last, n_clicks)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_is_two_clicks_from_its_answer(site, question):
    assert question in site[FRONT].words
    (answer,) = (
        path for path, page in site.items() if page.headings[0].startswith(ANSWERS[question])
    )
    assert clicks(site, FRONT)[answer] <= 2


@pytest.mark.slow
def test_no_page_of_the_text_links_to_a_page_that_is_not_there(site):
    missing = {link for page in site.values() for link in page.links if not link.exists()}
    assert missing == set()


def test_clicks_are_counted(tmp_path):
    chain = {"index": "b", "b": "c", "c": "d", "d": "index"}
    for name, onward in chain.items():
        words = f"<article><h1>{name}</h1><a href='{onward}.html#x'>on</a></article>"
        (tmp_path / f"{name}.html").write_text(f"<a href='d.html'>menu</a>{words}")
    pages = {path: Page(path) for path in tmp_path.glob("*.html")}
    found = {path.stem: n for path, n in clicks(pages, tmp_path / "index.html").items()}
    assert found == {"index": 0, "b": 1, "c": 2, "d": 3}
