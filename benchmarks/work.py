"""The work that every engine is given: the same escape, in one and in four dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import landscape_sim as ls

TEMPERATURE, TIME_STEP = 0.2, 0.01


def well_of(dimension: int) -> ls.QuarticDoubleWell | ls.SeparableDoubleWell:
    """Return the landscape in so many dimensions."""
    if dimension == 1:
        return ls.QuarticDoubleWell.from_loss_ratio(2.5, 0.25)
    return ls.SeparableDoubleWell.from_loss_ratio(3.6, 0.25, (2.0,) * (dimension - 1))


WELLS = {dimension: well_of(dimension) for dimension in (1, 4)}


@dataclass(frozen=True)
class Escape:
    """From the left minimum to the plane through the right one, by Euler–Maruyama."""

    dimension: int

    @property
    def well(self) -> ls.QuarticDoubleWell | ls.SeparableDoubleWell:
        """The landscape."""
        return well_of(self.dimension)

    @property
    def stiffness(self) -> tuple[float, ...]:
        """Curvatures across the escape: one entry less than dimensions."""
        return tuple(getattr(self.well, "stiffness", ()))

    @property
    def start(self) -> tuple[float, ...]:
        """The left minimum."""
        return (-1.0,) + (0.0,) * (self.dimension - 1)

    @property
    def target(self) -> ls.HalfSpace:
        """All positions beyond the right minimum."""
        return ls.HalfSpace.beyond((1.0, *self.start[1:]), seen_from=self.start)

    def simulate(self, n_paths: int, scheme: type = ls.EulerMaruyama, **settings: float) -> int:
        """Run the package's kernel to the end of every path; return the path-steps made."""
        time_step = settings.pop("time_step", TIME_STEP)
        sample = ls.simulate_first_passage(
            self.well,
            scheme(ls.LossProportionalNoise(TEMPERATURE), time_step),
            self.start,
            self.target,
            n_paths=n_paths,
            **{"max_time": 1e6, "seed": 0, "n_threads": 1, **settings},
        )
        return sample.path_steps
