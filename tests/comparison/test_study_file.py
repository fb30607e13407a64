"""Reading a study: files, results folders, and one line where something is wrong."""

from __future__ import annotations

import json
import math
import re

import pytest

from landscape_sim.comparison.bowl.run import run_bowl_study
from landscape_sim.comparison.bowl.study import BowlStudy
from landscape_sim.comparison.escapes.families import QuarticFamily
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.setting import Setting
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.sgd.run import run_sgd_study
from landscape_sim.comparison.sgd.study import ApproximationStudy, StationaryStudy
from landscape_sim.validation import InputError

WELL = {"landscape": "quartic", "barrier": 0.25}
ESCAPES = {
    "name": "words",
    "landscapes": [WELL],
    "learning_rates": [0.1],
    "batch_sizes": [1],
    "loss_ratios": [2],
}
JUNK = (
    *(None, True, 0, -1, 2.5, 1e300, 10**400, math.nan, math.inf, "x", "", b"x"),
    *([], [[]], {}, [None], ["x"], [{"a": 1}], {"log": [1, 2]}, {"x": 1}, object(), {1}),
    *([{"formula": 3}], [{"landscape": 5}], [WELL | {"start": [1, "a"]}], [{"barrier": 1}]),
    *([{"formula": "x", "variables": "x", "domain": [[1, 2, 3]]}], [WELL | {"n_outliers": 0.5}]),
)


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
        ("batch_sizes = [0]", r"a.toml: batch_sizes.0: must be at least 1, got 0; raise it$"),
        ("batch = [1]", r"a.toml: batch: there is no such key, got \[1\]; correct it or leave"),
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
    with pytest.raises(InputError, match=r"^n_paths: must be at least 10, got 5; raise it$"):
        StationaryStudy(n_paths=5)
    with pytest.raises(InputError, match=r"^study: batch_sizes holds a value twice"):
        BowlStudy(batch_sizes=(8, 8))
    with pytest.raises(InputError, match=r"^settings.0.label_noise: is needed; add it$"):
        ApproximationStudy(settings=({"learning_rate": 1.0, "batch_size": 1},))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": True}, "seed: must not be true or false, got True; write a number or a text"),
        ({"learning_rates": [True]}, r"learning_rates\.0: must not be true or false, got True"),
        ({"seed": "x"}, "seed: must be an integer, got 'x'; write one without a point"),
        ({"loss_ratios": [0.9]}, r"loss_ratios\.0: must be above 1\.0, got 0\.9; raise it"),
        ({"n_paths": 2.5}, r"n_paths: must be an integer, got 2\.5; write one without a point"),
        ({"max_mean_times": math.inf}, "max_mean_times: must be finite, got inf; write"),
        ({"landscapes": [{"landscape": "quartic", "barrier": "a"}]}, r"landscapes\.0\.barrier: "),
        ({"landscapes": [WELL, WELL]}, "landscapes has 'quartic' twice; give a formula a label"),
        ({"loss_ratios": [2, 2.0]}, r"loss_ratios has 2\.0 twice; name it once"),
        ({"learning_rates": [0.1, 0.1]}, "settings has 'isotropic, η = 0.1, B = 1' twice; name"),
    ],
)
def test_what_is_wrong_is_said_by_its_key_in_our_words(changes, message):
    with pytest.raises(InputError, match=f"^(study: )?{message}"):
        Study(**ESCAPES | changes)


def test_every_complaint_of_pydantic_has_words_of_ours():
    said = []
    for value in JUNK:
        for key in Study.model_fields:
            try:
                Study(**ESCAPES | {key: value})
            except InputError as refusal:
                said.append(str(refusal))
    assert len(said) > 100
    assert [line for line in said if re.search("Input|should|valid|cannot be used", line)] == []


def test_tables_that_are_made_by_themselves_are_checked_alike():
    with pytest.raises(InputError, match=r"^temperature: must lie between .*, got -1; choose"):
        Setting(temperature=-1)
    with pytest.raises(InputError, match=r"^barrier: is needed; add it$"):
        QuarticFamily()


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
    well = {"formula": "0.25 + (x**2 - 1)**2", "variables": "x", "landscape": name}
    content = ESCAPES | {"landscapes": [well]}
    with pytest.raises(InputError, match=r"landscapes\.0\.landscape: must be a name of at most 40"):
        Study(**content)
    content["landscapes"][0]["landscape"] = "a well, T = 0.1 (2)"
    assert Study(**content).n_cases == 1
    with pytest.raises(InputError, match="name: must be a name of at most 80"):
        Study(**content | {"name": name})
