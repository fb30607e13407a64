"""What a start must not import: the heavy libraries load where they are first used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
HEAVY = {"numba", "matplotlib", "scipy.stats", "statsmodels", "xarray", "pandas", "sympy", "torch"}
HEAVY |= {"dask", "distributed"}


def heavy_imports(statements: str) -> set[str]:
    """Run ``statements`` in a fresh interpreter; return which heavy libraries it then holds."""
    # The module names go to stderr: on stdout there may be a help text.
    program = f"import sys\n{statements}\nprint(*sys.modules, file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return HEAVY & set(result.stderr.split())


def ask_for_help(package: str) -> str:
    """Return statements that call the entry point of ``package`` with ``--help``."""
    return f"""
sys.argv = ["{package}", "--help"]
from {package}.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""


@pytest.mark.parametrize("package", ["landscape_sim", "nn_bridge"])
def test_import_loads_no_heavy_library(package):
    assert heavy_imports(f"import {package}") == set()


@pytest.mark.parametrize("package", ["landscape_sim", "nn_bridge"])
def test_help_loads_no_heavy_library(package):
    assert heavy_imports(ask_for_help(package)) == set()


def test_a_heavy_import_is_seen():
    assert heavy_imports("import landscape_sim, scipy.stats") == {"scipy.stats"}
