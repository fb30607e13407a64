"""``nn-bridge paper`` lists the figures and makes each, in a small version, from end to end."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_mnist import write_small_mnist

from landscape_sim.validation import InputError
from nn_bridge.cases.threads import OF_A_WORKER, threads_here
from nn_bridge.paper.figures import plan_figure

#: Smaller than --quick: a test has seconds.
SMALL = {
    "1": ("--samples", "100"),
    "2": ("--runs", "1", "--epochs", "2", "--width", "2"),
    "7": ("--runs", "1", "--epochs", "2", "--width", "2"),
    "3c": ("--runs", "1", "--iterations", "20", "--replicas", "4", "--max-time", "0.2"),
    "4": ("--runs", "1", "--iterations", "12", "--samples", "200", "--levels", "4"),
}
CHARTS = {"1": 3, "2": 1, "7": 1, "3c": 2, "4": 2}
COLUMNS = ["claim", "predicted", "exact", "measured", "low", "high", "n_runs", "verdict"]
COMMON = ("--allow-unofficial", "--json")


@pytest.fixture(scope="module")
def thousand(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("thousand")
    write_small_mnist(folder, 1000)
    shutil.copytree(folder / "mnist", folder / "fashion-mnist")
    cifar = folder / "cifar-10-batches-bin"
    cifar.mkdir()
    records = np.random.default_rng(0).integers(0, 256, (5, 60, 3073), dtype=np.uint8)
    records[:, :, 0] %= 10
    for number, batch in enumerate(records, start=1):
        (cifar / f"data_batch_{number}.bin").write_bytes(batch.tobytes())
    return folder


@pytest.fixture
def make(run, thousand):
    def make(name, *more, out="out"):
        return run("paper", name, "--quick", *SMALL[name], *COMMON, "--data-dir", str(thousand),
                   "--out", out, *more)  # fmt: skip

    return make


def claims(folder):
    with (Path(folder) / "claims.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answers_in(folder):
    paths = (Path(folder) / "cases").glob("*.json")
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def test_the_figures_are_listed_with_statement_and_cost(run):
    found = json.loads(run("paper", "--json").stdout)
    assert {row["figure"] for row in found["figures"]} == set(SMALL)
    assert all(row["cost"] for row in found["figures"])
    assert run("paper").returncode == 0


@pytest.mark.parametrize("name", SMALL)
def test_a_figure_is_made_with_its_claims(make, name):
    result = make(name)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["is_complete"]
    assert any("UNOFFICIAL" in line for line in found["sentences"])
    assert any(line.startswith("Cost: ") for line in found["sentences"])
    if name in ("2", "7"):
        # Two epochs span no decade, so no exponent is given.
        assert sum("no exponent" in line for line in found["sentences"]) >= 2
        assert any("62 (fully-connected) and 2 (conv" in line for line in found["sentences"])
    else:
        assert len(claims("out")) == len(found["results"]["claims"]) > 1
        # As of landscape-sim paper, and whether the data are official.
        assert list(claims("out")[0])[:-1] == COLUMNS
    if name in ("3c", "4"):
        # One run has no interval, so nothing is concluded from it.
        assert {row["verdict"] for row in claims("out")} == {"open"}
    assert (Path("out") / "figure.png").exists()
    page = (Path("out") / "report.html").read_text(encoding="utf-8")
    assert page.count("class='chart-data'") == CHARTS[name]
    assert found["sentences"][1].startswith("The paper: ")
    answer = found["sentences"][0]
    n_claims = len(found["results"]["claims"])
    assert answer.startswith("Nothing was measured") if not n_claims else f"of {n_claims}" in answer


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_quick_as_it_is_takes_less_than_a_minute(run, thousand, name):
    began = time.process_time()
    result = run("paper", name, "--quick", *COMMON, "--data-dir", str(thousand), "--out", "out")
    assert result.returncode == 0, result.stderr
    assert time.process_time() - began < 60
    assert len(json.loads(result.stdout)["results"]["claims"]) > 0 or name in ("2", "7")


def test_a_figure_goes_on_where_it_was_stopped_and_to_more_runs(make, run, thousand, monkeypatch):
    from nn_bridge.paper import first_passage

    original, calls = first_passage.follow_losses, []

    def stopped(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    monkeypatch.setattr(first_passage, "follow_losses", stopped)
    assert make("3c").returncode == 130
    first = answers_in("out")
    assert sorted(one["case"] for one in first.values()) == ["minimum-0", "passages-0-0.01"]
    monkeypatch.setattr(first_passage, "follow_losses", original)
    resumed = run("paper", "--resume", "out", "--runs", "2", "--json", "--data-dir", str(thousand))
    assert resumed.returncode == 0, resumed.stderr
    found = json.loads(resumed.stdout)
    assert (found["answers_found"], found["answers_computed"]) == (2, 4)
    assert "2 answers were there already; 4 were computed." in found["sentences"]
    assert len(answers_in("out")) == 6
    assert first.items() <= answers_in("out").items()
    # The minima serve other replicas too.
    more = run("paper", "--resume", "out", "--replicas", "5", "--json", "--data-dir", str(thousand))
    found = json.loads(more.stdout)
    assert (found["answers_found"], found["answers_computed"]) == (2, 4)
    other = run("paper", "--resume", "out", "--samples", "900", "--data-dir", str(thousand))
    assert "leave --samples and --scaling out" in other.stderr
    none = run("paper", "--resume", "out", "--levels", "9", "--data-dir", str(thousand))
    assert "figure 3c has no levels" in none.stderr
    record = Path("out/run.json")
    record.write_text(record.read_text().replace('"further_data"', '"other_data"'))
    damaged = run("paper", "--resume", "out", "--data-dir", str(thousand))
    assert "run.json in out is damaged; begin anew" in damaged.stderr
    assert json.loads((Path("out") / "run.json").read_text())["is_complete"]
    assert {row["n_runs"] for row in claims("out") if "of the minimum" in row["claim"]} == {"2"}


def test_a_figure_that_is_stopped_before_its_first_passage_is_drawn(make, monkeypatch):
    from nn_bridge.paper import first_passage

    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(first_passage, "follow_losses", stopped)
    assert make("3c").returncode == 130
    assert (Path("out") / "figure.png").exists()
    assert len(answers_in("out")) == 1


@pytest.mark.slow
def test_workers_leave_the_same_bits_however_many_and_whatever_kills(make, run, thousand):
    """The runs are smaller than --quick, and longer than a worker takes to start."""
    pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    assert make("3c", "--workers", "1", "--runs", "2", out="one").returncode == 0
    tables = {path.name: path.read_bytes() for path in Path("one").glob("*.csv")}
    command = [
        sys.executable, "-c", "import nn_bridge.cli as c; raise SystemExit(c.main())", "paper",
        "3c", "--quick", *SMALL["3c"], *COMMON, "--data-dir", str(thousand), "--runs", "2",
        "--out", "two", "--workers", "2",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not answers_in("two"):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    left = answers_in("two")
    assert 0 < len(left) < 6
    assert not json.loads(Path("two/run.json").read_text())["is_complete"]
    resume = ("paper", "--resume", "two", "--data-dir", str(thousand), "--json")
    resumed = run(*resume, "--workers", "2")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["answers_found"] == len(left)
    assert {path.name: path.read_bytes() for path in Path("two").glob("*.csv")} == tables
    assert not list(Path("two").glob(".*"))
    assert json.loads(Path("two/run.json").read_text())["threads"] == 1
    if threads_here() == OF_A_WORKER:  # as where the tests run side by side
        assert make("3c", "--runs", "2", out="here").returncode == 0
        assert {path.name: path.read_bytes() for path in Path("here").glob("*.csv")} == tables


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("5",), "or see landscape-sim paper"),
        (("4", "--replicas", "3"), "figure 4 has no replicas"),
        (("3c", "--scaling", "none"), "choose one of unit, standardised"),
        (("3c", "--samples", "1000", "--iterations", "7"), "multiple of 10"),
        (("--quick",), "name a figure"),
        (("--resume", "there"), "run.json"),
        (("3c", "--resume", "there"), "leave out figure"),
        (("--workers", "2"), "name a figure"),
        (("3c", "--workers", "2", "--scheduler", "tcp://a:1"), "has its workers already"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_line(run, thousand, arguments, message):
    result = run("paper", *arguments, "--data-dir", str(thousand), "--allow-unofficial")
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_time_of_more_steps_than_can_be_counted_is_refused_at_once():
    with pytest.raises(InputError, match=r"max_time must be at most 4\.6e\+16, got 1e\+300"):
        plan_figure("3c", {"max_time": 1e300})
