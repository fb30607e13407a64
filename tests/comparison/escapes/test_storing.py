"""A study in its folder: what is there of it, whenever it is stopped and whatever the disk does."""

from __future__ import annotations

import json
import os
import signal

import pytest
from full_disk import full_disk

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes import figures, result
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study

STUDY = {
    "name": "small",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.1],
    "batch_sizes": [1],
    "loss_ratios": [1.5, 2.0, 2.5],
    "methods": ["formula", "exact"],
}
NUMBERS = {"cases", "study.json", "table.csv", "timings.csv", "exponents.csv", "results.nc"}


@pytest.fixture
def compare(landscape_sim_here, tmp_path):
    """Run the study into ``r``; return how that ended and the folder."""
    (tmp_path / "small.json").write_text(json.dumps(STUDY))

    def run():
        done = landscape_sim_here("compare", "--study", "small.json", "--out", "r", cwd=tmp_path)
        return done, tmp_path / "r"

    return run


def is_complete(folder):
    return json.loads((folder / "study.json").read_text())["is_complete"]


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_an_answer_is_there_as_soon_as_it_is_known(tmp_path):
    store, seen = CaseStore(tmp_path), []
    progress = lambda *_: seen.append(len(list(tmp_path.glob("cases/*"))))  # noqa: E731
    rows = run_study(Study(**STUDY), progress, store).rows()
    assert seen == [0, 1, 2]
    kept = [json.loads(path.read_text()) for path in tmp_path.glob("cases/*")]
    rates = {one["answer"]["of"]["rate"]["of"]["rate"] for one in kept}
    assert rates == {row["rate_exact"] for row in rows}
    assert "quartic, isotropic, B/η = 10, L^s/L* = 2: exact" in {one["case"] for one in kept}


def test_an_interruption_while_drawing_leaves_all_but_figures(compare, monkeypatch):
    def interrupted(*arguments):
        yield "rates", draw(arguments[1])
        raise KeyboardInterrupt

    draw = figures.plot_rates
    monkeypatch.setattr(figures, "study_figures", interrupted)
    done, folder = compare()
    assert done.returncode == 130
    assert done.stderr == "landscape-sim: interrupted; what was finished is in r\n"
    assert names(folder) == {*NUMBERS, "rates.png", "rates.svg"}
    assert is_complete(folder)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_storing_waits_for_the_numbers(compare, monkeypatch, number, code):
    write = result.write_table

    def signalled(*arguments):
        os.kill(os.getpid(), number)
        write(*arguments)

    monkeypatch.setattr(result, "write_table", signalled)
    done, folder = compare()
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert names(folder) == NUMBERS
    assert is_complete(folder)


@pytest.mark.parametrize("size", [100, 2_000, 15_000, 30_000])
def test_a_full_disk_is_one_line_and_leaves_whole_files(compare, size):
    with full_disk(size):
        done, folder = compare()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "cannot write r/" in line
    assert "File too large" in line
    assert not folder.exists() or not any(name.endswith(".part") for name in names(folder))
    if size >= 2_000:
        assert not is_complete(folder) or "table.csv" in names(folder)
