"""What a figure of the paper is here: a study at the paper's settings, and the claims of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from landscape_sim.comparison.paper.claims import Claim
from landscape_sim.comparison.sgd.run import SgdResult
from landscape_sim.comparison.sgd.study import SgdStudy


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper.

    Attributes
    ----------
    name, section, title : str
        The paper's number of it and of its section, and what it shows.
    statement : str
        The paper's, in our words.
    cost : str
        Of the whole figure.
    kind : type
        Of its study, whose defaults are the paper's settings.
    quick_settings : mapping
        What a version of less than a minute changes.
    claims : callable
        Return what is claimed of a result, in the order of its cases.
    notes : callable
        Return lines on what the numbers assume and add up to.
    """

    name: str
    section: str
    title: str
    statement: str
    cost: str
    kind: type[SgdStudy]
    quick_settings: Mapping[str, Any]
    claims: Callable[[SgdResult], list[Claim]]
    notes: Callable[[SgdResult], list[str]]

    @property
    def study_name(self) -> str:
        """How its study is called, and tells a folder of the figure."""
        return f"paper-{self.name}"

    def study(self, seed: int | None = None, *, quick: bool = False) -> SgdStudy:
        """Return the study of the figure, or of its quick version.

        Raises
        ------
        InputError
            If the seed is negative.
        """
        changes = {"name": self.study_name, "seed": seed}
        return self.kind().changed({**changes, **(self.quick_settings if quick else {})})
