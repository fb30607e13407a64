r"""When SGD on the tangent model reaches a level, by large deviations: the law of small ``η/B``.

Beside the rung of independent batches: with ``ε = η/B`` and the kicks' full law,
``H = log (1/N) Σ exp(−p·ψ_μ (r_μ + ψ_μ·z))``, the mean time to ``L = c L*`` grows like
``exp(V(c)/ε)``, and to leading order it is one over the sum of the rates of
:mod:`landscape_sim.large_deviations.level_instanton`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.large_deviations.level_instanton import LevelInstanton, level_instantons
from landscape_sim.large_deviations.regression import RegressionHamiltonian
from landscape_sim.validation import InputError

#: Below such a ``V/ε`` a passage is no rare event, and the law has nothing to say.
LEAST_EXPONENT = 3.0
#: Seven take some 20 seconds of a core to the first threshold, of 2000 samples.
MOST_DIRECTIONS = 8


@dataclass(frozen=True)
class TangentLaw:
    """What large deviations say of one threshold.

    Attributes
    ----------
    threshold : float
        ``c``.
    action : float or None
        ``V(c)``.
    exponent : float or None
        ``V B/η``.
    mean_time : float or None
        To leading order, in ``t = ηk``.
    refusal : str or None
        Why there is no mean time.
    """

    threshold: float
    action: float | None
    exponent: float | None
    mean_time: float | None
    refusal: str | None


def tangent_laws(
    model: TangentModel, *, learning_rate: float, batch_size: int, thresholds: Sequence[float]
) -> list[TangentLaw]:
    """Return the law for each threshold, from the minimum of the model.

    Parameters
    ----------
    model : TangentModel
    learning_rate, batch_size : float, int
        ``η`` and ``B``, the batches drawn with replacement.
    thresholds : sequence of float
        Values of ``c``, rising and above 1.
    """
    if len(model.start) > MOST_DIRECTIONS:
        reason = (
            f"in {len(model.start)} directions instantons take too long, in at most "
            f"{MOST_DIRECTIONS} they are looked for; measure the escape with fewer"
        )
        return [TangentLaw(c, None, None, None, reason) for c in thresholds]
    hamiltonian = RegressionHamiltonian(
        model.data.inputs, model.data.targets, learning_rate, batch_size
    )
    minimum = (0.0,) * hamiltonian.dimension
    levels = [c * model.bowl.floor for c in thresholds]
    found: list[TangentLaw] = []
    reason = ""
    try:
        for answer in level_instantons(hamiltonian, model.bowl, minimum, levels):
            c = thresholds[len(found)]
            if isinstance(answer, InputError):
                reason = str(answer)
                found.append(TangentLaw(c, None, None, None, reason))
            else:
                found.append(_law(c, answer))
    except InputError as refusal:
        reason = str(refusal)
    missing = thresholds[len(found) :]
    return [*found, *(TangentLaw(c, None, None, None, reason) for c in missing)]


def _law(threshold: float, ways: Sequence[LevelInstanton]) -> TangentLaw:
    exponent = ways[0].action / ways[0].noise_scale
    if exponent < LEAST_EXPONENT:
        refusal = (
            f"V B/η = {exponent:.3g} is below {LEAST_EXPONENT:g}: the passage is no rare event; "
            "lower the learning rate, or raise c or the batch size"
        )
        return TangentLaw(threshold, ways[0].action, exponent, None, refusal)
    if min(way.sharpness for way in ways) * exponent < 1.0:
        refusal = (
            "points all along the level cost no more by η/B than the cheapest: the exponent is "
            "known, the time is not; raise c or the batch size, or lower the learning rate"
        )
        return TangentLaw(threshold, ways[0].action, exponent, None, refusal)
    log_rate = np.logaddexp.reduce([way.log_rate for way in ways])
    return TangentLaw(threshold, ways[0].action, exponent, float(np.exp(-log_rate)), None)
