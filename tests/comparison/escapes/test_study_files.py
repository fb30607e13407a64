"""Study files: TOML, grids, landscapes by name and by formula, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from landscape_sim.comparison.escapes.answers import run_case
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.escape.escape import Escape
from landscape_sim.validation import InputError

TOML = """
name = "mine"
seed = 3
learning_rates = [0.1, 0.05]
batch_sizes = [1, 2]
noises = ["isotropic", "hessian"]
loss_ratios = [2.0, 3.0]
methods = ["formula", "exact"]

[[landscapes]]
landscape = "curved-valley"

[[landscapes]]
formula = "0.5*(x**2 - 1)**2 + y**2 + 0.1*z**2"
variables = "x,y,z"
start = [-1, 0, 0]
target = [1, 0, 0]
n_outliers = 2
"""


def load(tmp_path, text, name="study.toml"):
    (tmp_path / name).write_text(text)
    return Study.load(tmp_path / name)


@pytest.mark.parametrize(
    ("page", "numbers"), [("docs/first-steps.md", [24]), ("docs/studies.md", [24, 28])]
)
def test_the_studies_in_the_pages_are_accepted(tmp_path, page, numbers):
    text = (Path(__file__).parents[3] / page).read_text(encoding="utf-8")
    studies = [part.split("```")[0] for part in text.split("```toml\n")[1:]]
    assert [len(cases(load(tmp_path, study))) for study in studies] == numbers


def test_a_grid_is_every_combination(tmp_path):
    study = load(tmp_path, TOML.replace("[0.1, 0.05]", "[0.05, 0.02]"))
    settings = [(s.learning_rate, s.batch_size, s.noise) for s in study.settings]
    assert len(settings) == len(set(settings)) == 8
    everything = cases(study)
    assert len(everything) == 2 * 8 * 2
    for case in everything:
        route = case.escape.route
        ratio = route.saddle.loss / route.minimum.loss
        assert ratio == pytest.approx(route.loss_ratio)
        assert any(ratio == pytest.approx(wanted, rel=1e-9) for wanted in study.loss_ratios)
        assert case.escape.dimension == 2  # of three directions one is frozen


def test_a_study_read_back_from_json_is_the_same(tmp_path):
    study = load(tmp_path, TOML)
    document = json.dumps({"study": study.model_dump(mode="json")})
    assert load(tmp_path, document, "study.json") == study


def test_without_simulation_there_are_formula_and_exact_rates_only(tmp_path):
    small = TOML.replace("[0.1, 0.05]", "[0.05]").replace("[1, 2]", "[1]")
    study = load(tmp_path, small.split("[[landscapes]]\nformula")[0])
    result = run_study(study)
    assert result.is_complete
    for row in result.rows():
        assert row["rate_simulated"] is None
        assert row["rate_exact"] is not None
        if row["noise"] == "isotropic":
            # T = 0.018: the first correction is of the order of some T.
            assert abs(math.log(row["rate_formula"] / row["rate_exact"])) < 0.1


def test_an_exact_rate_that_is_refused_says_why(tmp_path, monkeypatch):
    def refuse(escape):
        raise InputError("no grid is fine enough")

    monkeypatch.setattr(Escape, "exact", refuse)
    result = run_case(cases(load(tmp_path, TOML.replace("[0.1, 0.05]", "[0.05]")))[0])
    assert result.exact is None
    assert result.refusals["exact"] == "no grid is fine enough"


def test_the_domain_of_a_formula_reaches_the_exact_solver(tmp_path):
    plane = """
    name = "plane"
    learning_rates = [0.05]
    batch_sizes = [1]
    loss_ratios = [1.6]
    methods = ["exact"]
    [[landscapes]]
    formula = "0.5*(x**2 - 1)**2 + y**2"
    variables = "x,y"
    """
    (free,) = run_study(load(tmp_path, plane)).cases
    narrow = load(tmp_path, plane + "domain = [[-1.3, 1.3], [-1.0, 1.0]]", "narrow.toml")
    (bounded,) = run_study(narrow).cases
    assert free.exact is not None
    assert bounded.exact is None
    # The same refusal as that of the statement by itself.
    with pytest.raises(InputError) as refusal:
        bounded.case.escape.exact()
    assert bounded.refusals["exact"] == str(refusal.value)
    assert "domain" in bounded.refusals["exact"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"mine"', '"../mine"', "name"),
        (
            "[0.1, 0.05]",
            "[0.1, -0.05]",
            "learning_rates.1: must lie between .*, got -0.05; choose other units",
        ),
        ("[0.1, 0.05]", "0.1", "learning_rates"),
        ("[1, 2]", "[0]", "batch_size"),
        ('"hessian"', '"pink"', "noise"),
        ('"exact"]', '"guess"]', "methods.1"),
        ('"exact"]', '"auto"]', "methods.1: auto chooses for one escape, got 'auto'"),
        ("curved-valley", "nowhere", "nowhere"),
        ("0.5*(x**2", "0.5*(w**2", "'w'"),
        ("[2.0, 3.0]", "[0.9]", "loss_ratios.0"),
        ("n_outliers = 2", "n_outliers = 0", "n_outliers"),
        ("n_outliers = 2", "surprise = 2", "surprise"),
        ("seed = 3", "seed = ", "TOML"),
        ("seed = 3", "settings = []", "either settings"),
    ],
)
def test_a_bad_study_is_refused_in_one_line_that_names_the_key(tmp_path, old, new, message):
    assert old in TOML
    with pytest.raises(InputError, match=message) as refusal:
        cases(load(tmp_path, TOML.replace(old, new)))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("landscape", [3, None, "quartic", ["quartic"]])
def test_a_landscape_that_is_no_table_is_refused_in_one_line(tmp_path, landscape):
    content = {
        "name": "mine",
        "landscapes": [landscape],
        "learning_rates": [0.1],
        "batch_sizes": [1],
        "loss_ratios": [2.0],
    }
    with pytest.raises(InputError, match=r"landscapes.0: must be a table, such as .*, got ") as no:
        load(tmp_path, json.dumps(content), "study.json")
    assert "\n" not in str(no.value)
