"""Several seeds or checkpoints in one folder: each as its command alone, with the mean between."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from live_progress import beside_progress
from scipy import stats

from landscape_sim.report.writing import REPORT
from landscape_sim.validation import InputError
from nn_bridge.cases.order import CaseOrder
from nn_bridge.data.datasets import load_dataset
from nn_bridge.measurements import noise as noise_measurement
from nn_bridge.measurements.curvature_settings import CurvatureSettings
from nn_bridge.measurements.noise_settings import NoiseSettings
from nn_bridge.measurements.training_runs import train
from nn_bridge.results import storing
from nn_bridge.results.measurement import Measurement
from nn_bridge.runs import at_checkpoints, from_scratch
from nn_bridge.runs.from_scratch import NoiseRuns
from nn_bridge.runs.measuring import measure_runs
from nn_bridge.runs.run_cases import perform, run_case
from nn_bridge.training.beginning import Place
from nn_bridge.training.networks import build_network
from nn_bridge.training.paper import plan_training
from nn_bridge.training.sgd import SgdSettings

DATA = ("mnist-parity", "--allow-unofficial", "--samples", "60", "--batch-size", "10",
        "--network", "mlp", "--hidden", "4")  # fmt: skip
NOISE = ("noise", *DATA, "--epochs", "3", "--alignment-samples", "0")
CURVATURE = ("--eigenvalues", "2", "--steps", "4")
ESCAPE = ("--learning-rate", "0.002", "--batch-size", "1", "--replicas", "2", "--max-steps", "4",
          "--thresholds", "1.001,900", "--eigenvalues", "2", "--directions", "0")  # fmt: skip


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch):
    """Leave out what takes most of the time, but where it is what is looked at."""
    monkeypatch.setattr(Measurement, "write_into", _write_numbers)


def _write_numbers(self, folder):
    self.write_numbers(folder)
    self.provenance.write(folder, is_complete=self.is_complete)
    (folder / REPORT).write_bytes(b"")


@pytest.fixture(scope="module")
def seeds(nn_bridge_run, data_dir, tmp_path_factory) -> Path:
    """Return the folder of three trainings."""
    folder = tmp_path_factory.mktemp("runs") / "seeds"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Measurement, "write_into", _write_numbers)
        done = nn_bridge_run(
            "train", *DATA, "--epochs", "4", "--checkpoints", "2", "--runs", "3",
            "--data-dir", str(data_dir), "--out", str(folder),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def checkpoint(seeds: Path, seed: int, epoch: int = 4) -> str:
    return str(seeds / "runs" / f"seed-{seed}" / "checkpoints" / f"epoch-{epoch:05d}.safetensors")


def table(folder: Path | str, name: str) -> list[dict[str, str]]:
    with (Path(folder) / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tables(folder: Path | str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*.csv")
    }


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = beside_progress(result.stderr).splitlines()
    return line


def require_means(folder: Path | str, epoch: str | None = None) -> None:
    """Check every mean and interval against SciPy's."""
    runs = [row for row in table(folder, "runs") if epoch in (None, row.get("epoch"))]
    for row in table(folder, "means"):
        if row.get("epoch", epoch) != epoch:
            continue
        values = [run[row["number"]] for run in runs]
        if "" in values:
            assert row["mean"] == row["low"] == row["high"] == ""
            continue
        numbers = np.array(values, float)
        assert float(row["mean"]) == pytest.approx(numbers.mean())
        if np.ptp(numbers) == 0:
            assert row["low"] == row["high"] == ""
            continue
        law = stats.t(numbers.size - 1, numbers.mean(), stats.sem(numbers))
        assert [float(row[end]) for end in ("low", "high")] == pytest.approx(law.interval(0.95))


def test_seeds_are_trained_side_by_side_as_each_alone(run, seeds):
    require_means(seeds)
    assert [row["seed"] for row in table(seeds, "runs")] == ["0", "1", "2"]
    alone = run("train", *DATA, "--epochs", "4", "--checkpoints", "2", "--seed", "1",
                "--out", "alone")  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    paths = [path.relative_to("alone") for path in Path("alone").rglob("*.safetensors")]
    assert len(paths) == 3
    for path in paths:
        assert (seeds / "runs" / "seed-1" / path).read_bytes() == ("alone" / path).read_bytes()


def test_noise_of_several_seeds_is_that_of_each_alone(run):
    done = run(*NOISE, "--runs", "2", "--seed", "3", "--out", "n", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["is_complete"]
    assert found["sentences"][0].startswith("Over 2 runs: exponent (whole run) not in all")
    assert "there is none in any run" in found["sentences"][2]
    require_means("n")
    assert run(*NOISE, "--seed", "4", "--out", "alone").returncode == 0
    assert tables("n/runs/seed-4") == tables("alone")
    more = run("noise", "--resume", "n", "--runs", "3")
    assert more.returncode == 0, more.stderr
    assert [row["seed"] for row in table("n", "runs")] == ["3", "4", "5"]
    require_means("n")


@pytest.fixture
def killed(run, data_dir, monkeypatch) -> Path:
    """Return what a kill left in the second of two runs, beside ``whole``, which was not killed."""
    monkeypatch.setattr(storing, "_LEAST_TIMES_COST", 0.0)
    left = Path("left")

    def kill(step):
        if step.part == "seed-1, noise" and step.done == 2 and not left.exists():
            shutil.copytree("whole", left)

    plan = plan_training("mnist-parity", {"samples": 60, "batch_size": 10, "hidden": (4,),
                                          "network": "mlp"})  # fmt: skip
    study = NoiseRuns(plan, 2, True, NoiseSettings(3, alignment_samples=0))
    measure_runs(study, Place(data_dir), out="whole", progress=kill)
    return left


def test_a_killed_study_goes_on_within_the_run_to_the_same_bits(run, killed, monkeypatch):
    epochs = table(killed / "runs" / "seed-1", "noise")
    assert 1 < len(epochs) < 4
    begun, follow = [], noise_measurement.follow_noise

    def counted(network, dataset, sgd, epochs, method, series, **more):
        begun.append((sgd.seed, len(series.epochs)))
        follow(network, dataset, sgd, epochs, method, series, **more)

    monkeypatch.setattr(noise_measurement, "follow_noise", counted)
    done = run("noise", "--resume", "left")
    assert done.returncode == 0, done.stderr
    assert begun == [(1, len(epochs))]
    assert tables("left") == tables("whole")
    assert not list(Path("left").rglob("state*"))


def test_a_run_whose_numbers_were_not_kept_is_not_measured_again(run, killed, monkeypatch):
    for path in Path("whole/cases").glob("*.json"):
        path.unlink()
    state = Path("whole/runs/seed-0/state.safetensors")
    shutil.copy("left/runs/seed-1/state.safetensors", state)
    expected = tables("whole")
    monkeypatch.setattr(noise_measurement, "follow_noise", None)
    assert run("noise", "--resume", "whole").returncode == 0
    assert tables("whole") == expected
    assert not state.exists()
    assert len(list(Path("whole/cases").glob("*.json"))) == 2


def test_a_run_that_was_killed_while_it_drew_is_drawn(run, killed):
    shutil.rmtree("left/cases")
    shutil.copytree("whole/cases", "left/cases")
    for path in Path("left/cases").glob("*.json"):
        path.unlink()
    place = Path("left/runs/seed-1")
    record = json.loads((place / "run.json").read_text(encoding="utf-8"))
    (place / "run.json").write_text(json.dumps({**record, "is_complete": True}), encoding="utf-8")
    (place / REPORT).unlink(missing_ok=True)
    assert run("noise", "--resume", "left").returncode == 0
    assert (place / REPORT).exists()
    assert tables("left") == tables("whole")


def test_what_was_begun_by_other_code_is_not_gone_on_with(run, killed):
    (killed / "cases" / "seed-1.begun").write_text("other", encoding="utf-8")
    assert "seed-1 was begun with other sources" in one_line(run("noise", "--resume", "left"))
    assert len(table("left/runs/seed-1", "noise")) < 4


def test_ctrl_c_keeps_the_runs_that_are_done_and_the_one_under_way(run, monkeypatch):
    follow = noise_measurement.follow_noise

    def stopped(network, dataset, sgd, epochs, method, series, **more):
        follow(network, dataset, sgd, 1 if sgd.seed else epochs, method, series, **more)
        if sgd.seed:
            raise KeyboardInterrupt

    monkeypatch.setattr(noise_measurement, "follow_noise", stopped)
    done = run(*NOISE, "--runs", "2", "--out", "n", "--json")
    assert json.loads(done.stdout)["is_complete"] is False
    assert [row["run"] for row in table("n", "runs")] == ["seed-0"]
    assert len(table("n/runs/seed-1", "noise")) == 2


def test_a_run_that_is_refused_does_not_end_the_others(run, seeds, monkeypatch):
    measure = at_checkpoints.measure_curvature

    def refused(network, data, sgd, *more, **to):
        if sgd.seed == 0:
            raise InputError("no")
        return measure(network, data, sgd, *more, **to)

    monkeypatch.setattr(at_checkpoints, "measure_curvature", refused)
    words = ("curvature", *(checkpoint(seeds, i) for i in (0, 1)), *CURVATURE, "--out", "c")
    assert one_line(run(*words)).endswith("epoch-00004-seed-0: no; what was finished is in c")
    assert [row["seed"] for row in table("c", "runs")] == ["1"]


def test_curvature_at_checkpoints_of_several_runs_has_means_by_epoch(run, seeds):
    first = [checkpoint(seeds, i, epoch) for i in (1, 0) for epoch in (2, 4)]
    done = run("curvature", *first, *CURVATURE, "--by-layer", "--out", "c")
    assert done.returncode == 0, done.stderr
    layers = table("c/runs/epoch-00004-seed-1", "layers")
    assert [row["h_max"] for row in layers] == [
        table("c", "runs")[3][f"h_max (layer {row['layer']})"] for row in layers
    ]
    for epoch in ("2", "4"):
        require_means("c", epoch)
    runs = [(row["epoch"], row["seed"]) for row in table("c", "runs")]
    assert runs == [("2", "0"), ("2", "1"), ("4", "0"), ("4", "1")]
    # As alone; no two runs share their random vectors.
    alone = run(
        "curvature", checkpoint(seeds, 1), *CURVATURE, "--by-layer", "--seed", "1", "--out", "alone"
    )
    assert alone.returncode == 0, alone.stderr
    assert tables("c/runs/epoch-00004-seed-1") == tables("alone")
    more = run("curvature", checkpoint(seeds, 2), "--resume", "c")
    assert more.returncode == 0, more.stderr
    assert [row["seed"] for row in table("c", "runs")] == ["0", "1", "0", "1", "2"]
    require_means("c", "4")


def test_escape_and_stability_of_several_runs(run, seeds):
    paths = [checkpoint(seeds, i) for i in (0, 1)]
    done = run("escape", *paths, *ESCAPE, "--out", "e", "--json")
    assert done.returncode == 0, done.stderr
    # No replica comes to 900 L*: a bound is no number, and has no mean.
    (bound,) = (row for row in table("e", "means") if row["number"] == "mean time (c = 900)")
    assert (bound["mean"], bound["runs"], bound["runs_with_it"]) == ("", "2", "0")
    require_means("e", "4")
    assert run("escape", paths[1], *ESCAPE, "--seed", "1", "--out", "one").returncode == 0
    assert tables("e/runs/epoch-00004-seed-1") == tables("one")
    raised = ("--levels", "2", "--last", "0.002", "--samples", "40")
    done = run("stability", *paths, *raised, "--out", "s")
    assert done.returncode == 0, done.stderr
    require_means("s", "4")
    assert run("stability", paths[1], *raised, "--out", "alone").returncode == 0
    assert tables("s/runs/epoch-00004-seed-1") == tables("alone")


def test_decoupling_of_several_runs_and_of_several_epochs_of_one(run, seeds):
    done = run("decoupling", *(checkpoint(seeds, i) for i in (0, 1)), "--out", "d")
    assert done.returncode == 0, done.stderr
    require_means("d", "4")
    assert run("decoupling", checkpoint(seeds, 1), "--out", "alone").returncode == 0
    (row,) = table("alone", "decoupling")
    assert table("d", "runs")[1]["trace, exact/decoupled"] == row["trace_ratio"]
    more = run("decoupling", checkpoint(seeds, 2), "--resume", "d")
    assert more.returncode == 0, more.stderr
    require_means("d", "4")
    assert len(table("d", "runs")) == 3
    # Of one run as before: a table an epoch, no mean between them.
    done = run("decoupling", *(checkpoint(seeds, 0, epoch) for epoch in (2, 4)), "--out", "one")
    assert done.returncode == 0, done.stderr
    assert [row["epoch"] for row in table("one", "decoupling")] == ["2", "4"]


def test_runs_of_one_order_of_batches_share_no_random_numbers(data_dir, tmp_path):
    paths = []
    for weights in (0, 1):
        network = build_network("mlp", hidden=(3,), seed=weights)
        data = load_dataset("mnist-parity", data_dir=data_dir, samples=60, allow_unofficial=True)
        out = tmp_path / f"trained-{weights}"
        train(network, data, SgdSettings(0.01, 10), 1, out=out)
        paths.append(out / "checkpoints" / "epoch-00001.safetensors")
    study = at_checkpoints.CurvatureRuns(tuple(paths), settings=CurvatureSettings(2, 4, 3))
    measure_runs(study, Place(data_dir), out=tmp_path / "c")
    names = ["epoch-00001-seed-0", "epoch-00001-seed-0-weights-1"]
    assert [row["run"] for row in table(tmp_path / "c", "runs")] == names
    seeds = set()
    for name in names:
        record = json.loads((tmp_path / "c" / "runs" / name / "run.json").read_text("utf-8"))
        seeds.add(record["seeds"]["start and random vectors"])
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("curvature",), "name a checkpoint, or several of different runs"),
        (("curvature", "0", "0"), "epoch-00004-seed-0 stands there twice"),
        (("curvature", "0", "other"), "differ in seed and epoch alone"),
        (("curvature", "0", "1", "--batch-size", "61"), "seed-0: batch_size 61"),
        (("curvature", "--resume", "seeds"), "is of nn-bridge train; name a folder of curvature"),
        (("curvature", "--resume", "one"), "is of nn-bridge train"),
        (("train", "--resume", "seeds", "--runs", "2"), "seed-2 of"),
        (("train", "--resume", "seeds", "--epochs", "9"), "leave out all others but --runs"),
        (("train", "--resume", "one", "--runs", "2"), "leave out all others but --epochs"),
        (("noise", "--checkpoint", "0", "--runs", "2"), "--runs and --workers are of runs from"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    run, seeds, data_dir, monkeypatch, words, message
):
    other = ("train", *DATA[:-1], "3", "--epochs", "1", "--out", "one")
    assert ("one" not in words and "other" not in words) or run(*other).returncode == 0
    known = {"0": checkpoint(seeds, 0), "1": checkpoint(seeds, 1), "seeds": str(seeds),
             "other": "one/checkpoints/epoch-00001.safetensors"}  # fmt: skip
    before = set(Path().iterdir())
    assert message in one_line(run(words[0], *(known.get(word, word) for word in words[1:])))
    assert set(Path().iterdir()) == before


def test_a_worker_that_does_not_see_the_folder_says_so(data_dir, tmp_path):
    plan = plan_training("mnist-parity", {"samples": 60, "batch_size": 10})
    study, place = from_scratch.TrainRuns(plan, 1, True), Place(data_dir)
    case = run_case(study, study.runs()[0], study.load(place), place, tmp_path / "elsewhere")
    with pytest.raises(InputError, match="elsewhere; name a folder that all machines share"):
        perform(CaseOrder(case.plan, "", ()))


@pytest.mark.slow
def test_workers_leave_the_bits_of_one_thread(run):
    pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    for number in ("1", "2"):
        done = run(*NOISE, "--runs", "3", "--workers", number, "--out", number)
        assert done.returncode == 0, done.stderr
    assert tables("1") == tables("2")
    assert len(tables("1")) == 2 + 3
