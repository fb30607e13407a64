"""Reading a study: files, results folders, and one line where something is wrong."""

from __future__ import annotations

import json

import pytest

from landscape_sim.comparison.bowl.run import run_bowl_study
from landscape_sim.comparison.bowl.study import BowlStudy
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.sgd.run import run_sgd_study
from landscape_sim.comparison.sgd.study import ApproximationStudy, StationaryStudy
from landscape_sim.validation import InputError


def test_reads_toml_json_and_the_study_of_a_results_folder(tmp_path):
    study = StationaryStudy(seed=4, batch_sizes=(2,))
    toml, own, record = (tmp_path / name for name in ("a.toml", "a.json", "study.json"))
    toml.write_text("seed = 4\nbatch_sizes = [2]\n")
    own.write_text(json.dumps(study.model_dump(mode="json")))
    record.write_text(json.dumps({"study": study.model_dump(mode="json"), "is_complete": True}))
    assert [StationaryStudy.load(path) for path in (toml, str(own), record)] == [study] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_sizes = [0]", r"a.toml: batch_sizes.0: .* got 0$"),
        ("batch = [1]", r"a.toml: batch: Extra inputs are not permitted, got \[1\]$"),
        ("seed = ", "a.toml is not a TOML file"),
        ("name = '../up'", "a.toml: name"),
        ("n_paths = 5", r"a.toml: n_paths"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as refusal:
        StationaryStudy.load(path)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_or_no_table_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot read the study .*: No such file"):
        BowlStudy.load(tmp_path / "none.toml")
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(InputError, match="holds no study"):
        BowlStudy.load(tmp_path / "a.json")


def test_a_study_made_in_python_is_checked_alike():
    with pytest.raises(InputError, match=r"^n_paths: .* got 5$"):
        StationaryStudy(n_paths=5)
    with pytest.raises(InputError, match=r"^study: batch_sizes holds a value twice"):
        BowlStudy(batch_sizes=(8, 8))
    with pytest.raises(InputError, match=r"^settings.0.label_noise: Field required$"):
        ApproximationStudy(settings=({"learning_rate": 1.0, "batch_size": 1},))


def test_changes_replace_what_is_given_and_are_named_as_the_caller_names_them():
    study = StationaryStudy(seed=4)
    assert study.changed({"seed": 5, "n_paths": None}) == StationaryStudy(seed=5)
    with pytest.raises(InputError, match=r"^--n_paths: "):
        study.changed({"n_paths": 1}, lambda place: f"--{place[0]}")


def test_what_is_no_file_is_refused():
    with pytest.raises(InputError, match="path must name a TOML or JSON file, got a NoneType"):
        StationaryStudy.load(None)


@pytest.mark.parametrize(
    ("run", "kinds"),
    [
        (run_study, "Study"),
        (run_bowl_study, "BowlStudy"),
        (run_sgd_study, "StationaryStudy or PassageStudy or ApproximationStudy"),
    ],
)
def test_what_is_no_study_is_not_run(run, kinds):
    with pytest.raises(InputError, match=f"^study must be a {kinds}, got a int"):
        run(5)


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path, suffix):
    path = tmp_path / f"deep.{suffix}"
    path.write_text(("a = " if suffix == "toml" else "") + "[" * 100_000 + "]" * 100_000)
    with pytest.raises(InputError, match=f"deep.{suffix} is nested too deeply"):
        Study.load(path)


@pytest.mark.parametrize("name", ["a/b", "../../evil", r"$\frac{$", "a\0b", "\x1b[31m", "_x", ""])
def test_names_that_no_file_or_figure_can_have_are_refused(name):
    content = {
        "name": "names",
        "landscapes": [{"formula": "0.25 + (x**2 - 1)**2", "variables": "x", "landscape": name}],
        "learning_rates": [0.1],
        "batch_sizes": [1],
        "loss_ratios": [2],
    }
    with pytest.raises(InputError, match=r"landscapes\.0\.landscape: must be a name of at most 40"):
        Study(**content)
    content["landscapes"][0]["landscape"] = "a well, T = 0.1 (2)"
    assert Study(**content).n_cases == 1
    with pytest.raises(InputError, match="name: must be a name of at most 80"):
        Study(**content | {"name": name})
