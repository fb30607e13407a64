"""What a picture was asked for, as its folder records it."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from landscape_sim.cli.options import EscapeOptions


class PictureSettings(BaseModel):
    """The options, as they were typed."""

    name: str = "picture"
    landscape: str
    variables: str | None
    domain: str | None
    reflecting: bool
    periodic: str | None
    start: str | None
    target: str | None
    target_radius: float | None
    saddle: str | None
    noise: str
    learning_rate: float | None
    batch_size: float | None
    temperature: float | None
    n_paths: int
    seed: int
    n_cells: int

    @classmethod
    def of(cls, asked: EscapeOptions, **settings: Any) -> PictureSettings:
        """Return the record of these options; a formula counts as the name of its landscape."""
        options = asdict(asked)
        formula = options.pop("loss")
        return cls(**options | {"landscape": asked.landscape or formula}, **settings)

    def command(self) -> str:
        """Return the command line that asks for the same."""
        options = self.model_dump(exclude={"name"}, exclude_none=True)
        names = {"landscape": "loss" if self.variables else "landscape", "n_paths": "paths"}
        flags = ["--reflecting"] if options.pop("reflecting") else []
        typed = flags + [
            f"--{names.get(name, name).replace('_', '-')}={value}"
            for name, value in options.items()
        ]
        return shlex.join(["landscape-sim", "picture", *typed])
