r"""The chain of approximations between a network's SGD and the escape formula, rung by rung.

From the tangent model on, each rung is the one before with one thing more neglected:

* ``tangent``: predictions are linear in the weights; batches are those of the network, each
  sample once an epoch,
* ``at-rest``: the model is at its minimum, and no slope takes its loss down meanwhile,
* ``independent``: every sample of every batch is drawn anew from all,
* ``gaussian``: normal noise of the same covariance, at the same steps,
* ``diffusion``: steps are infinitely short at the same ``η/B``,
* ``second-moment``: the covariance without ``∇L ∇Lᵀ``,
* ``decoupled``: losses and Gauss–Newton matrices of the samples are uncorrelated, noise ``2 L H``.

What is left to Eq. (15) is one curvature ``h*`` for all, and large ``c``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from landscape_sim.comparison.network.gaussian_chain import (
    ChainNoise,
    DecoupledNoise,
    sample_noise,
    simulate_chain,
)
from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.models import LossLevel
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError, require_count, require_positive

#: ``Δ h`` of the equation in continuous time, for the largest ``h``. With the shifted level the
#: times are then short by some thousandth times the exponent of the time in ``c``.
_LARGEST_STEP = 0.01


@dataclass(frozen=True)
class ChainProblem:
    """First passages of a tangent model, and how many paths are followed how far.

    Attributes
    ----------
    model : TangentModel
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    thresholds : tuple of float
        Values of ``c``, rising: a passage ends where the loss is ``c L*``.
    n_paths : int
    max_time : float
        ``t = ηk`` at which paths are censored.
    after_step : callable
        Called now and then.
    """

    model: TangentModel
    learning_rate: float
    batch_size: int
    thresholds: tuple[float, ...]
    n_paths: int
    max_time: float
    after_step: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        require_positive("learning_rate", self.learning_rate)
        self.model.data.require_batch_size(self.batch_size)
        require_count("n_paths", self.n_paths, minimum=2)
        require_positive("max_time", self.max_time)
        rises = all(a < b for a, b in zip((1.0, *self.thresholds), self.thresholds, strict=False))
        if not self.thresholds or not rises or not math.isfinite(self.thresholds[-1]):
            raise InputError(f"thresholds must rise, be finite and exceed 1, got {self.thresholds}")

    @property
    def levels(self) -> list[float]:
        """``c L*``."""
        return [c * self.model.loss for c in self.thresholds]


Run = Callable[[ChainProblem, int], list[FirstPassageSample]]


@dataclass(frozen=True)
class Rung:
    """One process of the chain.

    Attributes
    ----------
    name : str
    neglects : str
        What the step to it from the rung before takes to be nothing.
    run : callable
        Given the problem and a seed, returns a sample for each threshold, of the same paths.
    """

    name: str
    neglects: str
    run: Run


def _at_rest(run: Run) -> Run:
    """Return the same from the minimum of the model."""
    return lambda problem, seed: run(replace(problem, model=problem.model.at_rest()), seed)


def _sgd(with_replacement: bool) -> Run:
    def run(problem: ChainProblem, seed: int) -> list[FirstPassageSample]:
        model, found = problem.model, []
        for level in problem.levels:
            # A path depends on the seed and its number alone: it is the same for every level.
            sample = simulate_sgd_first_passage(
                model.data,
                SGD(problem.learning_rate, problem.batch_size),
                model.start,
                LossLevel(model.bowl, level),
                n_paths=problem.n_paths,
                max_time=problem.max_time,
                seed=seed,
                with_replacement=with_replacement,
            )
            found.append(sample)
            problem.after_step()
        return found

    return run


def _gaussian(noise_of: Callable[[TangentModel], ChainNoise], *, is_diffusion: bool = True) -> Run:
    def run(problem: ChainProblem, seed: int) -> list[FirstPassageSample]:
        eta, largest = problem.learning_rate, float(problem.model.curvatures[0])
        needed = math.ceil(eta * largest / _LARGEST_STEP)
        return simulate_chain(
            problem.model,
            noise_of(problem.model),
            problem.levels,
            noise_scale=eta / problem.batch_size,
            time_step=eta / needed if is_diffusion else eta,
            is_diffusion=is_diffusion,
            n_paths=problem.n_paths,
            max_time=problem.max_time,
            seed=seed,
            after_step=problem.after_step,
        )

    return run


#: From the tangent model to the decoupled equation, in order.
RUNGS = (
    Rung("tangent", "curvature of f", _sgd(with_replacement=False)),
    *(
        Rung(name, neglects, _at_rest(run))
        for name, neglects, run in (
            ("at-rest", "slope at the start", _sgd(with_replacement=False)),
            ("independent", "one sample once an epoch", _sgd(with_replacement=True)),
            ("gaussian", "law of the kicks", _gaussian(sample_noise, is_diffusion=False)),
            ("diffusion", "size of η", _gaussian(sample_noise)),
            ("second-moment", "∇L ∇Lᵀ", _gaussian(partial(sample_noise, is_centred=False))),
            ("decoupled", "correlation of ℓ and C", _gaussian(lambda _: DecoupledNoise())),
        )
    ),
)
