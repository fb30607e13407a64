"""What is built for others: the packages, whole, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = {"landscape_sim", "nn_bridge"}

#: What reports are made of, and the terms, beside Python.
PAGES = {f"landscape_sim/report/page.{kind}" for kind in ("html", "css", "js")}
PAGES |= {"landscape_sim/console/terms.md"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("build") and find_spec("twine")),
        reason="builds a wheel: pip install '.[release]'",
    ),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with wheel and source distribution, built from a copy without leftovers."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in (*PACKAGES, "tests", "benchmarks", "docs", "examples"):
        shutil.copytree(CHECKOUT / name, copy / name)
    for path in CHECKOUT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(copy)], check=True)
    return out


def _wheel(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def _metadata(folder: Path) -> Message:
    wheel = _wheel(folder)
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def _inside(folder: Path) -> set[str]:
    with tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        return {name.split("/", 1)[1] for name in source.getnames() if "/" in name}


def test_metadata_pass_the_check_of_the_index(built):
    files = [str(path) for path in built.iterdir()]
    command = [sys.executable, "-m", "twine", "check", "--strict", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_wheel_holds_every_module_and_the_marks_of_its_types(built):
    held = set(_wheel(built).namelist())
    modules = {
        str(path.relative_to(CHECKOUT))
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("*.py")
    }
    assert modules | PAGES <= held
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_the_wheel_holds_nothing_else(built):
    stray = [
        name
        for name in _wheel(built).namelist()
        if not (
            (name.split("/")[0] in PACKAGES and name.endswith((".py", "py.typed")))
            or name in PAGES
            or ".dist-info/" in name
        )
    ]
    assert stray == []


def test_the_source_distribution_leaves_the_tests_at_home(built):
    inside = {name.split("/")[0] for name in _inside(built)}
    assert "tests" not in inside
    assert PACKAGES | {"README.md", "LICENSE", "setup.cfg", "pyproject.toml"} <= inside


def _relative_links(page: str) -> list[str]:
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    # Those to headings of the page itself begin with "#".
    return [link for link in links if not link.startswith(("https://", "#"))]


def test_the_description_names_files_of_the_source_distribution_and_links_to_nothing_else(built):
    pytest.importorskip("comrak", reason="renders Markdown: pip install '.[release]'")
    from readme_renderer.markdown import render

    text = _metadata(built).get_payload()
    named = set(re.findall(r"\(`([^`]+)`\)", text))
    assert len(named) > 20
    assert named <= _inside(built)
    assert _relative_links(render(text)) == []
    # On an index these would lead nowhere.
    assert _relative_links(render((CHECKOUT / "README.md").read_text(encoding="utf-8")))


def test_the_metadata_say_what_it_needs(built):
    metadata = _metadata(built)
    assert (metadata["Name"], metadata["Requires-Python"]) == ("landscape-sim", ">=3.11")
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert 'torch==2.13.*; extra == "nn"' in metadata.get_all("Requires-Dist")
