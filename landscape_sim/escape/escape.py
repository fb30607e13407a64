"""One escape, stated once, and its rate by every method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from landscape_sim.ensembles.accurate_rate import StepLadder
from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.formula import formula_rate
from landscape_sim.escape.methods.simulate import simulated_rate
from landscape_sim.escape.methods.splitting import splitting_rate
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.escape.registry import find_method
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate
from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate

Progress = Callable[[int, int], None]


class Escape(EscapeProblem):
    """The escape from one well into another: landscape, wells and noise.

    Parameters
    ----------
    landscape : LandscapeLike
        What is escaped from.
    start, target : tuple of float, optional
        Positions in the well that is left and in the one beyond, moved to their minima; see
        :func:`find_escape_route`.
    learning_rate, batch_size : float, optional
        ``η`` and ``B``.
    temperature : float, optional
        ``T = η h*/B`` in place of both.
    noise : str or NoiseModel
        A model by name (``isotropic``, ``2 T L I``; ``hessian``, ``(2η/B) L H*``;
        ``constant`` and ``constant-hessian``, the same with ``L`` frozen at the minimum; or one
        that was registered), or a noise model, which has its strength already.
    target_radius : float
        In more than one dimension, of the ball around the minimum beyond.
    outlier_curvature : float, optional
        Used as ``h*``; by default the eigenvalue along the escape, ``h_e*``.
    n_outliers : int, optional
        Freeze all but this many of the stiffest directions; by default none is frozen.
    domain : tuple of pairs of float, optional
        For each coordinate an interval where the loss is defined; everywhere by default, and
        where directions are frozen. Grids in the plane stay inside.

    Attributes
    ----------
    route, target, noise, temperature, outlier_curvature, dimension
        What was found: see :class:`EscapeProblem`.

    Raises
    ------
    InputError
        If there is no such route, SGD would diverge at the minimum, the start lies in the
        target, or an argument is out of range or given twice.

    Examples
    --------
    >>> from landscape_sim import Escape, QuarticDoubleWell
    >>> well = QuarticDoubleWell.from_loss_ratio(loss_ratio=5.0, barrier=1.0)
    >>> escape = Escape(well, learning_rate=0.02, batch_size=1)
    >>> escape.temperature, round(escape.formula().rate / escape.exact().rate, 3)
    (0.16, 0.97)
    """

    def formula(self) -> Rate[PowerLawRate | ArrheniusRate]:
        """Return the rate of Eq. (15) for noise that follows the loss, Eyring–Kramers if constant.

        Raises
        ------
        InputError
            If no law is known for this noise, or the minimum is beyond the critical dimension.
        """
        return formula_rate(self)

    def exact(self, *, n_cells: int = 400) -> Rate[PassageTime]:
        """Return the exact rate, with the bounds of its numerical error as the interval.

        Parameters
        ----------
        n_cells : int
            Cells along each axis of a grid in the plane.

        Raises
        ------
        InputError
            In more than two dimensions, and where the solver refuses.
        """
        return exact_rate(self, n_cells=n_cells)

    def simulate(
        self,
        *,
        relative_error: float = 0.02,
        confidence_level: float = 0.95,
        max_path_steps: float = 1e11,
        seed: int = 0,
        n_threads: int | None = None,
        progress: Progress | None = None,
    ) -> Rate[StepLadder]:
        """Return the simulated rate, extrapolated to step zero.

        Parameters and errors are those of :func:`landscape_sim.simulate`.
        """
        return simulated_rate(
            self,
            relative_error=relative_error,
            confidence_level=confidence_level,
            max_path_steps=max_path_steps,
            seed=seed,
            n_threads=n_threads,
            progress=progress,
        )

    def split(
        self,
        *,
        relative_error: float = 0.1,
        confidence_level: float = 0.95,
        max_path_steps: float = 1e11,
        seed: int = 0,
        n_threads: int | None = None,
        progress: Progress | None = None,
    ) -> Rate[SplittingDetail]:
        """Return the rate by multilevel splitting, extrapolated to step zero; be it 1e-30.

        Parameters and errors are those of :func:`landscape_sim.simulate_rare_escape`; the score
        is the progress along the route.
        """
        return splitting_rate(
            self,
            relative_error=relative_error,
            confidence_level=confidence_level,
            max_path_steps=max_path_steps,
            seed=seed,
            n_threads=n_threads,
            progress=progress,
        )

    def rate(self, method: str, **settings: Any) -> Rate[Any]:
        """Return the rate by the method of this name, one of your own included.

        Settings that only other methods have are left out, so that one set serves all of them.

        Raises
        ------
        InputError
            If there is no such method or setting, or the method refuses.
        """
        return find_method(method)(self, **settings)
