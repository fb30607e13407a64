"""The command ``landscape-sim terms``."""

from __future__ import annotations

import typer


def terms() -> None:
    """Print the terms and symbols of both packages, in the sense that names and tables have."""
    from landscape_sim.console import terms as glossary

    typer.echo(glossary.terms())
