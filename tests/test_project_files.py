"""What the files around the code say is so: dependencies, citation, public checks, change log."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
setup = configparser.ConfigParser()
setup.read(CHECKOUT / "setup.cfg", encoding="utf-8")


def text(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def declared() -> set[str]:
    """Return every library that setup.cfg names, the package itself apart."""
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    lines = [line.strip() for one in lists for line in one.splitlines()]
    names = {re.split(r"[\s<>=\[]", line)[0] for line in lines if line and line[0] != "#"}
    return names - {"landscape-sim"}


def explained() -> set[str]:
    """Return the libraries of the table's first column."""
    rows = [line for line in text("docs/dependencies.md").splitlines() if line.startswith("| ")]
    cells = [row.split("|")[1] for row in rows]
    return {name.strip() for cell in cells for name in cell.split(",")} - {"library"}


def test_every_dependency_is_explained_and_no_other():
    assert declared() == explained()


def test_the_citation_is_of_this_version():
    assert f"version: {setup['metadata']['version']}\n" in text("CITATION.cff")


def test_the_recipe_asks_for_what_the_package_asks_for():
    lines = text("conda/recipe.yaml").split("  run:\n")[1].split("\n\n")[0].splitlines()
    asked = {line.strip(" -").replace("matplotlib-base", "matplotlib") for line in lines[1:]}
    assert asked == {
        line.strip().replace(">= ", ">=")
        for line in setup["options"]["install_requires"].splitlines()
        if line
    }
    assert f'version: "{setup["metadata"]["version"]}"' in text("conda/recipe.yaml")


def test_public_checks_call_the_scripts_that_contributors_run():
    called = set(re.findall(r"\.ci/[\w-]+", text(".github/workflows/checks.yml")))
    assert called == {".ci/run", ".ci/nightly"}
    assert all((CHECKOUT / script).stat().st_mode & 0o111 for script in called)


def test_the_change_log_begins_with_this_version_and_says_what_kind_a_change_is():
    log = text("CHANGELOG.md")
    first, *_ = re.findall(r"^## (.*)$", log, flags=re.MULTILINE)
    assert re.fullmatch(
        rf"{re.escape(setup['metadata']['version'])} \((unreleased|[\d-]+)\)", first
    )
    kinds = re.findall(r"^### (\w+)", log, flags=re.MULTILINE)
    assert set(kinds) == {"Added", "Changed", "Fixed"}
