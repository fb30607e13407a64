"""One escape, stated once, and its rate by every method."""

from __future__ import annotations

from typing import Any

from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.formula import formula_rate
from landscape_sim.escape.methods.instanton import instanton_rate
from landscape_sim.escape.methods.simulate import simulated_rate
from landscape_sim.escape.methods.splitting import splitting_rate
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.escape.registry import find_method
from landscape_sim.results import Rate


class Escape(EscapeProblem):
    """The escape from one well into another: landscape, wells and noise.

    Five methods answer it, each with a :class:`Rate`: ``formula``, ``exact``, ``simulate``,
    ``split`` and ``instanton``; :meth:`rate` takes them, and those of your own, by name, and
    ``auto``, which is the cheapest of three, see
    :func:`~landscape_sim.escape.methods.auto.cheapest_rate`.

    Parameters
    ----------
    landscape : LandscapeLike
        What is escaped from.
    start, target : sequence of float, optional
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
    target_radius : float, optional
        Of the ball around the minimum beyond, which must not reach a saddle; by default a
        quarter of the distance to the nearest one. In one dimension the target is that point.
    outlier_curvature : float, optional
        ``h*``; by default the eigenvalue along the escape, ``h_e*``: that of the lowest known
        pass out of the well, wherever it leads, so that one minimum has one noise. It changes
        what it is needed for. Beside ``η`` and ``B`` that is ``T = η h*/B``, the strength of
        isotropic and constant noise, so that every method changes; the strength of the two
        Hessian noises is ``η/B``, so that of these the formula alone changes. Beside a
        temperature it is ``η/B = T/h*``: for the Hessian noises every method but the formula
        changes, for the others none. A noise model takes none.
    n_outliers : int, optional
        Freeze all but this many of the stiffest directions; by default none is frozen.
    domain : tuple of pairs of float, optional
        For each coordinate an interval where the loss is defined; everywhere by default. It
        holds both minima, and exact solutions stay inside. As :class:`landscape_sim.Walls` its
        ends reflect the paths of exact solutions and simulations.
    saddle : sequence of float, optional
        A position near the one pass that the formula is to take; by default it counts all that
        are found between the two wells.

    Attributes
    ----------
    minimum, destination, routes, route, target, noise, temperature, outlier_curvature, dimension
        What was found: see :class:`EscapeProblem`. Routes are looked for when they are asked
        for: a passage may also lead through other wells, for which there is no formula.

    Raises
    ------
    InputError
        If a position lies in no well, SGD would diverge at the minimum, the target holds the
        start or a saddle, or an argument is out of range or given twice.

    Examples
    --------
    >>> from landscape_sim import Escape, QuarticDoubleWell
    >>> well = QuarticDoubleWell.from_loss_ratio(loss_ratio=5.0, barrier=1.0)
    >>> escape = Escape(well, learning_rate=0.02, batch_size=1)
    >>> escape.temperature, round(escape.formula().rate / escape.exact().rate, 3)
    (0.16, 0.97)
    """

    formula = formula_rate
    exact = exact_rate
    simulate = simulated_rate
    split = splitting_rate
    instanton = instanton_rate

    def rate(self, method: str, **settings: Any) -> Rate[Any]:
        """Return the rate by the method of this name, one of your own included.

        Settings that only other methods have are left out, so that one set serves all of them.

        Raises
        ------
        InputError
            If there is no such method or setting, or the method refuses.
        """
        return find_method(method)(self, **settings)
