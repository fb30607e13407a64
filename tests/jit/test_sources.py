"""The sources behind a module, against what Python's own parser says."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import pytest

from landscape_sim.jit import sources
from landscape_sim.jit.unknown import UnknownCode

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = {
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts): path
    for package in ("landscape_sim", "nn_bridge")
    for path in sorted((CHECKOUT / package).rglob("*.py"))
    if path.name != "__init__.py"
}


def parsed_imports(module, path):
    packages = {"landscape_sim", module.partition(".")[0]}
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    found = {name for name in names if name.partition(".")[0] in packages - {name}}
    return {
        name
        for name in found
        if name in MODULES or (CHECKOUT.joinpath(*name.split(".")) / "__init__.py").exists()
    }


@pytest.fixture(autouse=True)
def afresh(monkeypatch):
    """Forget what was read; this checkout may have been edited while the tests run."""
    monkeypatch.setattr(sources, "_STARTED", time.time() + 1e6)
    for each in (sources._read, sources._path, sources.sources_digest):
        each.cache_clear()
    yield
    for each in (sources._read, sources._path, sources.sources_digest):
        each.cache_clear()


def test_every_import_is_found():
    # And once what looks like some: code_generation holds the source of a module in a string.
    imported = {"landscape_sim.landscapes.formula", "landscape_sim.elementary"}
    extra = {"landscape_sim.landscapes.code_generation": imported}
    for module, path in MODULES.items():
        found = set(sources.imported_modules(module))
        assert found == parsed_imports(module, path) | extra.get(module, set()), module


def test_imports_are_followed():
    behind = sources.modules_behind(frozenset({"landscape_sim.kernels.excursions"}))
    # Of the last but one only a constant is imported, and only by others.
    for name in ("kernels.excursions", "kernels.bridge", "vectors", "packed_functions.bits"):
        assert f"landscape_sim.{name}" in behind
    assert "landscape_sim.kernels.minibatch" not in behind


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules in the place of this one."""
    room = tmp_path / "landscape_sim" / "room"
    room.mkdir(parents=True)
    (room / "a.py").write_text(
        "from landscape_sim.room import (\n    b,\n)\nimport landscape_sim_other\n"
    )
    (room / "b.py").write_text("K = 1\n")
    (room / "c.py").write_text("K = 1\n")
    monkeypatch.setattr(sources, "_ROOT", tmp_path)
    return room


@pytest.mark.parametrize(
    "statement",
    [
        "import os, landscape_sim.room.b as k, landscape_sim.room.c\n",
        "from landscape_sim.room import (\n    b,  # the first (of two)\n    c,\n)\n",
        "from landscape_sim.room import(b,c)\n",
        "from landscape_sim.room import b, \\\n    c\n",
        "import os; from landscape_sim.room import b, c\n",
    ],
)
def test_imports_are_read_in_every_form(package, statement):
    (package / "a.py").write_text(statement)
    found = set(sources.imported_modules("landscape_sim.room.a"))
    assert found - {"landscape_sim.room"} == {"landscape_sim.room.b", "landscape_sim.room.c"}


def digest_after(path, text):
    path.write_text(text)
    for each in (sources._read, sources._path, sources.sources_digest):
        each.cache_clear()
    return sources.sources_digest(frozenset({"landscape_sim.room.a"}))


def test_an_edit_of_what_is_imported_is_seen_and_no_other(package):
    first = digest_after(package / "b.py", "K = 1\n")
    assert digest_after(package / "c.py", "K = 2\n") == first
    assert digest_after(package / "b.py", "K = 2\n") != first
    assert digest_after(package / "b.py", "K = 1\n") == first


def test_a_file_that_is_younger_than_the_process_says_nothing(package, monkeypatch):
    monkeypatch.setattr(sources, "_STARTED", time.time() - 1e4)
    old = time.time() - 1e5
    os.utime(package / "a.py", (old, old))  # the time of the change of state cannot be set back
    with pytest.raises(UnknownCode, match="younger"):
        sources.sources_digest(frozenset({"landscape_sim.room.a"}))
    with pytest.raises(UnknownCode, match="no file"):
        sources.sources_digest(frozenset({"landscape_sim.room.none"}))
