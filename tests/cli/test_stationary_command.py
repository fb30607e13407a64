"""``landscape-sim stationary`` through its real entry point."""

from __future__ import annotations

import csv
import json
import signal

import pytest
import xarray as xr
from live_progress import SHOWN, wait_for_progress

SMALL = (
    *("stationary", "--learning-rate", "0.5", "--batch-size", "1", "--batch-size", "6,8"),
    *("--dimensions", "2", "--transition-dimensions", "2,6", "--paths", "60", "--samples", "40"),
)
FILES = {
    *("study.json", "table.csv", "transition.csv", "results.nc", "cases", "report.html"),
    *("exponents.png", "exponents.svg", "transition.png", "transition.svg"),
}


@pytest.fixture(scope="module")
def small_run(landscape_sim_cli, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stationary")
    done = landscape_sim_cli(*SMALL, "--out", "r", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_leaves_tables_dataset_figures_and_study(small_run):
    folder, done = small_run
    assert {path.name for path in (folder / "r").iterdir()} == FILES
    assert "n_c = 4" in done.stdout
    assert "intervals of φ hold the law" in done.stdout
    assert done.stderr == ""
    with xr.open_dataset(folder / "r" / "results.nc", engine="h5netcdf") as dataset:
        assert dataset["batch_size"].to_numpy().tolist() == [1, 6, 8]
        assert int(dataset["exponent"].notnull().sum()) == 4
    assert json.loads((folder / "r" / "study.json").read_text())["is_complete"]


def test_a_study_file_is_replayed_and_json_is_the_whole_of_stdout(landscape_sim_cli, small_run):
    folder, _ = small_run
    replay = ("stationary", "--study", "r/study.json", "--json", "--out")
    done = landscape_sim_cli(*replay, "j", cwd=folder)
    document = json.loads(done.stdout)
    assert document["is_complete"]
    assert [row["dimension"] for row in document["transition"]] == [2, 6]
    for name in ("table.csv", "transition.csv"):
        assert (folder / "j" / name).read_bytes() == (folder / "r" / name).read_bytes()
    with (folder / "j" / "table.csv").open() as table:
        for cells, row in zip(csv.DictReader(table), document["exponents"], strict=True):
            assert float(cells["exponent"]) == row["exponent"]
            assert row["exponent_low"] < row["exponent"] < row["exponent_high"]
    refused = landscape_sim_cli(*replay, "no", "--floor", "-1", cwd=folder)
    assert refused.returncode == 2
    assert "floor: " in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--learning-rate", "0.1,x"), "--learning-rate"),
        (("--batch-size", "1.5"), "integers"),
        (("--batch-size", "0"), "batch_sizes.0"),
        (("--floor", "-1"), "floor"),
        (("--dimensions", "30"), "no exponent can be measured"),
        (("--transition-dimensions", "0"), "transition_dimensions.0"),
        (("--samples", "many"), "--samples"),
    ],
)
def test_bad_input_is_refused_in_one_line(landscape_sim_here, tmp_path, arguments, message):
    done = landscape_sim_here("stationary", *arguments, "--out", "r", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("landscape-sim: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert not (tmp_path / "r").exists()


def test_interrupt_keeps_what_is_finished(landscape_sim_cli, small_run):
    folder, _ = small_run
    many = ",".join(map(str, range(9, 50)))
    arguments = (
        *(*SMALL[:-4], "--paths", "4000", "--samples", "400", "--batch-size", many),
        *("--out", "cut", "--json"),
    )
    with landscape_sim_cli.start(*arguments, cwd=folder, env=SHOWN) as process:
        wait_for_progress(process, " 1/")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    document = json.loads(stdout)
    assert not document["is_complete"]
    assert document["exponents"]
    assert not document["transition"]
    assert not json.loads((folder / "cut" / "study.json").read_text())["is_complete"]


@pytest.mark.parametrize("batch_size", ["10000", "4000000"])
def test_noise_so_weak_that_no_sample_lies_in_the_bins_is_drawn(
    landscape_sim_here, tmp_path, batch_size
):
    few = ("--paths", "10", "--samples", "2", "--dimensions", "1", "--transition-dimensions", "1")
    done = landscape_sim_here(
        *("stationary", "--batch-size", batch_size, *few, "--out", "weak"), cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "weak" / "exponents.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--curvature", "5e-324"), "curvature: must lie between 1e-100 and 1e+100"),
        (("--floor", "1e308"), "floor: must lie between"),
        (("--paths", "10000000000"), "GiB of memory"),
        (("--samples", "10000000000"), "GiB of memory"),
    ],
)
def test_absurd_numbers_are_refused_in_one_line(landscape_sim_here, tmp_path, arguments, message):
    done = landscape_sim_here("stationary", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
