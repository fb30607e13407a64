"""landscape-sim warm-up: afterwards nothing is compiled any more."""

from __future__ import annotations

import json

import pytest

from landscape_sim.comparison.escapes.study import Study

FORMULA = ("--loss", "0.25 + (x**2 - 1)**2", "--variables", "x")


def _of_the_kinds_of_the_built_in_study():
    """Return a study whose kernels are those of the built-in one, without its exact rates."""
    study = Study.default().model_dump(mode="json", exclude={"streams"}, exclude_none=True)
    changed = {"loss_ratios": [1.5], "n_paths": 20, "splitting_error": 0.5}
    return study | changed | {"methods": ["formula", "simulate", "splitting"]}


def kernels(cache):
    return set((cache / "landscape_sim-kernels").glob("*.machine-code"))


@pytest.mark.slow
def test_after_it_the_commands_about_an_escape_compile_nothing(landscape_sim_cli, tmp_path):
    env = {"NUMBA_CACHE_DIR": str(tmp_path)}
    first = landscape_sim_cli("warm-up", *FORMULA, env=env)
    assert first.returncode == 0, first.stderr
    there = kernels(tmp_path)
    size = sum(path.stat().st_size for path in there) / 1e6
    n = len(there)
    said = (
        f"{n} kernels are there, {{}} of them compiled now; {tmp_path}/landscape_sim-kernels has "
        f"{n} in all, {size:.1f} MB.\n"
    )
    assert first.stdout == said.format(n)
    again = landscape_sim_cli("warm-up", *FORMULA, env=env)
    assert again.stdout == said.format(0)
    for method in ("simulate", "splitting"):
        strength = ("--temperature", "0.3", "--relative-error", "0.5")
        done = landscape_sim_cli("rate", *FORMULA, *strength, "--method", method, env=env)
        assert done.returncode == 0, done.stderr
    assert kernels(tmp_path) == there


@pytest.mark.slow
def test_after_it_the_built_in_study_compiles_nothing(landscape_sim_cli, tmp_path):
    # By processes of their own: what this one has compiled already would be in no folder.
    env = {"NUMBA_CACHE_DIR": str(tmp_path)}
    first = json.loads(landscape_sim_cli("warm-up", "--json", env=env).stdout)
    assert first["folder"] == str(tmp_path / "landscape_sim-kernels")
    assert first["refusals"] == []
    there = kernels(tmp_path)
    assert first["n_files"] == len(there) >= first["n_kernels"] > 7
    again = json.loads(landscape_sim_cli("warm-up", "--json", env=env).stdout)
    assert again == first | {"n_compiled": 0}
    file = tmp_path / "study.json"
    file.write_text(json.dumps(_of_the_kinds_of_the_built_in_study()))
    done = landscape_sim_cli(
        "compare", "--study", str(file), "--out", str(tmp_path / "out"), env=env
    )
    assert done.returncode == 0, done.stderr
    assert kernels(tmp_path) == there


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--noise", "loud"], "'loud'"),
        (["--landscape", "nowhere"], "'nowhere'"),
        (["--start=1"], "--loss"),
        (["--loss", "x**2 + 1", "--variables", "x,y"], "y"),
        (["--loss", "x**2 + 1", "--variables", "x"], "no second minimum"),
        (["--landscape", "quartic", "--temperature", "0"], "temperature"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(landscape_sim_here, options, said):
    done = landscape_sim_here("warm-up", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[-1]


def test_without_a_place_for_it_nothing_is_promised(landscape_sim_here, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    done = landscape_sim_here("warm-up", *FORMULA)
    assert done.returncode == 2
    assert "set NUMBA_CACHE_DIR" in done.stderr.splitlines()[-1]
