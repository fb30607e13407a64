"""Terms and symbols of both packages, as the site has them."""

from __future__ import annotations

from importlib.resources import files


def terms() -> str:
    """Return every term with its meaning."""
    page = files("landscape_sim.console").joinpath("terms.md").read_text("utf-8")
    return page.split("```{glossary}\n")[1].split("\n```")[0]
