"""What is built for others: the packages, whole, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
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
    for name in (*PACKAGES, "tests", "benchmarks", "docs"):
        shutil.copytree(CHECKOUT / name, copy / name)
    for name in ("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, copy)
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(copy)], check=True)
    return out


def _wheel(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(folder.glob("*.whl")))


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
    with tarfile.open(next(built.glob("*.tar.gz"))) as source:
        inside = {name.split("/")[1] for name in source.getnames() if "/" in name}
    assert "tests" not in inside
    assert PACKAGES | {"README.md", "LICENSE", "setup.cfg", "pyproject.toml"} <= inside


def test_the_metadata_say_what_it_needs(built):
    wheel = _wheel(built)
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())
    assert (metadata["Name"], metadata["Requires-Python"]) == ("landscape-sim", ">=3.11")
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert 'torch==2.13.*; extra == "nn"' in metadata.get_all("Requires-Dist")
