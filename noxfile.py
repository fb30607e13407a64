"""The quick part of the tests on every Python that numba supports, and with the lowest versions.

``nox`` skips, with the reason, a Python that is not on the machine.
"""

from __future__ import annotations

import nox

#: The first is that of the pinned versions.
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
QUICK = [
    *("tests/theory", "tests/exact/line", "tests/estimators", "tests/console", "tests/landscapes"),
    *("tests/plots/test_figures.py", "tests/report/test_report.py"),
    "tests/comparison/escapes/test_study_files.py",
]

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"


@nox.session(python=PYTHONS)
def quick(session: nox.Session) -> None:
    """Test with the pinned versions, on other Pythons than theirs with the newest ones."""
    pinned = ["-c", "constraints.txt"] if session.python == PYTHONS[0] else []
    session.install("--quiet", *pinned, ".[test]")
    session.run("python", "-m", "pytest", "-q", *QUICK)


@nox.session(venv_backend="uv", python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Test with the lowest versions of setup.cfg, whose libraries warn of one another."""
    session.install("--quiet", "--resolution", "lowest-direct", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-o", "filterwarnings=default", *QUICK)


@nox.session(python=PYTHONS[0])
def metadata(session: nox.Session) -> None:
    """Let linters read the files that other machines read: of CI, of citations, of conda."""
    session.install("--quiet", "check-jsonschema", "py-rattler-build")
    for schema, file in (
        ("github-workflows", ".github/workflows/checks.yml"),
        ("citation-file-format", "CITATION.cff"),
    ):
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)
    recipe = "from rattler_build import Stage0Recipe; Stage0Recipe.from_file('conda/recipe.yaml')"
    session.run("python", "-c", f"{recipe}.render()")
