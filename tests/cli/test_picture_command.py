"""``landscape-sim picture`` through its real entry point."""

from __future__ import annotations

import json
import shlex
from html import unescape

import pytest

SGD = ("--learning-rate", "0.05", "--batch-size", "0.1")
LINE = ("--loss", "0.1 + 0.25*(x**2 - 1)**2", "--variables", "x", *SGD)
PLANE = ("--loss", "0.1 + 0.25*(x**2 - 1)**2 + y**2", "--variables", "x,y", *SGD)


def files(folder):
    return {path.name for path in folder.iterdir()}


def both(*names):
    return {f"{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_in_one_dimension_there_is_the_landscape(landscape_sim_cli, tmp_path):
    done = landscape_sim_cli("picture", *LINE, "--out", "new", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, note = done.stdout.splitlines()
    assert first == "landscape in new"
    assert note.startswith("note: ")
    assert "two dimensions only" in note
    assert done.stderr == ""
    assert files(tmp_path / "new") == {"picture.json", "report.html"} | both("landscape")
    asked = json.loads((tmp_path / "new" / "picture.json").read_text())
    assert asked["is_complete"]
    page = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    command = shlex.split(unescape(page.split("<pre><code>")[1].split("</code>")[0]))
    twin = landscape_sim_cli(*command[1:], "--out", "twin", cwd=tmp_path)
    assert twin.returncode == 0, twin.stderr
    twins = [(tmp_path / name / "picture.json").read_text() for name in ("new", "twin")]
    assert json.loads(twins[0])["study"] == json.loads(twins[1])["study"]
    assert asked["study"]["landscape"] == LINE[1]
    again = landscape_sim_cli("picture", *LINE, "--out", "new", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["isotropic", "constant"])
def test_in_two_dimensions_there_is_all(landscape_sim_cli, tmp_path, noise):
    options = ("--noise", noise, "--paths", "3", "--out", "new")
    done = landscape_sim_cli("picture", *PLANE, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    # Under constant noise the density is no power of the loss.
    drawn = ["landscape", "committor", "reactive-current"]
    drawn += ["quasi-stationary"] * (noise == "isotropic")
    assert files(tmp_path / "new") == {"picture.json", "report.html"} | both(*drawn)


@pytest.mark.slow
def test_what_is_refused_is_said_and_the_rest_is_drawn(landscape_sim_cli, tmp_path):
    # A mean escape of some 1e12 steps.
    options = ("--batch-size", "2", "--out", "new")
    done = landscape_sim_cli("picture", *PLANE, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the mean escape takes" in done.stdout
    assert both("landscape", "committor", "reactive-current") <= files(tmp_path / "new")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*LINE, "--paths", "0"), "paths"),
        ((*LINE, "--noise", "pink"), "noise 'pink' is unknown"),
        ((*LINE, "--start=1", "--target=0.9"), "no saddle separates"),
        (SGD, "either --loss"),
    ],
)
def test_bad_input_is_refused_and_leaves_no_folder(
    landscape_sim_here, tmp_path, arguments, message
):
    done = landscape_sim_here("picture", *arguments, "--out", "new", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
