"""First passage of a network's full loss, from a converged checkpoint to ``c L*``.

An extension of the paper's Section 5.3, which does this for linear regression. The clock starts
at the checkpoint, whose loss is ``L*``. The loss over all samples is looked at every ``k``
steps. With ``k > 1`` a passage is seen late, and an excursion between two looks not at all. Both
make the mean time too long; looking again at every second and every fourth of the same looks
says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from landscape_sim.estimators import estimate_rate, fit_exponent
from landscape_sim.results import ConfidenceInterval, FirstPassageSample, RateEstimate
from landscape_sim.validation import InputError, require_count
from nn_bridge.data import Dataset
from nn_bridge.replicas import Replicas
from nn_bridge.training import SgdSettings, full_loss

#: Every so many-th look is the coarsest of the three series of looks.
_COARSEST = 4
#: Where what is missed falls with the square root of the interval, as for a diffusion, the
#: step from 2k to k is √2 − 1 times what is left at k.
_BIAS_FACTOR = 1 / (math.sqrt(2) - 1)


@dataclass(frozen=True)
class LossRecord:
    """The full loss of every replica at regular looks.

    Attributes
    ----------
    ratios : ndarray, shape (n_replicas, n_looks)
        ``L(θ)/L*``; NaN after a replica passed the highest threshold.
    look_interval : float
        Time ``t = ηk`` between two looks.
    look_every : int
        Steps between two looks.
    initial_loss : float
        ``L*``.
    is_complete : bool
        False if it was interrupted.
    """

    ratios: NDArray[np.float64]
    look_interval: float
    look_every: int
    initial_loss: float
    is_complete: bool = True

    def passages(self, threshold: float, every: int = 1) -> FirstPassageSample:
        """Return when each replica was first seen at ``threshold`` times ``L*`` or above.

        Parameters
        ----------
        threshold : float
            ``c``; at most the highest one that the record was made for.
        every : int
            Use every so many-th look only.

        Returns
        -------
        FirstPassageSample
            Times ``t = ηk``; replicas that were not seen there are censored at the end.
        """
        seen = self.ratios[:, every - 1 :: every]
        # A replica that has left is above every threshold.
        is_above = np.isnan(seen) | (seen >= threshold)
        has_passed: NDArray[np.bool_] = np.asarray(is_above.any(axis=1))
        looks = np.where(has_passed, is_above.argmax(axis=1) + 1, seen.shape[1])
        return FirstPassageSample(looks * (self.look_interval * every), ~has_passed)


@dataclass(frozen=True)
class ThresholdPassage:
    """The first passage to ``c L*``.

    Attributes
    ----------
    threshold : float
        ``c``.
    rate : RateEstimate
        Passages per unit of ``t``, with censored replicas counted as exposure.
    mean_times : tuple of float
        Mean time with every look, every second and every fourth; NaN without a passage.
    look_bias : float
        Bound on what the mean time is too long because of the looks, in ``t``.
    """

    threshold: float
    rate: RateEstimate
    mean_times: tuple[float, float, float]
    look_bias: float

    @property
    def mean_time(self) -> float:
        """Exposure over passages; NaN without a passage."""
        return self.mean_times[0]


def record_losses(
    network: nn.Module,
    dataset: Dataset,
    settings: SgdSettings,
    *,
    highest_threshold: float,
    n_replicas: int,
    max_steps: int,
    look_every: int = 1,
    after_look: Callable[[int, int], None] | None = None,
) -> LossRecord:
    """Run replicas of SGD from the network's weights until each has passed, or to ``max_steps``.

    Parameters
    ----------
    network : torch.nn.Module
        At ``θ*``; not changed.
    dataset : Dataset
        All ``N`` samples.
    settings : SgdSettings
        ``η``, ``B``, loss and seed.
    highest_threshold : float
        A replica ends where its loss is this times ``L*`` or more at a fourth look.
    n_replicas, max_steps : int
        Replicas, and steps after which those still on their way are censored.
    look_every : int
        Steps between two looks at the full loss.
    after_look : callable, optional
        Called after each look with the steps made and the replicas still on their way.

    Returns
    -------
    LossRecord
        On Ctrl-C, of the looks that were made.

    Raises
    ------
    InputError
        If an argument is out of range, ``L*`` is not positive, or what :class:`Replicas` refuses.
    """
    look_every = require_count("look_every", look_every)
    n_looks = require_count("max_steps", max_steps, minimum=look_every) // look_every
    if not highest_threshold > 1.0:
        raise InputError(f"thresholds must exceed 1, got {highest_threshold!r}")
    initial_loss = full_loss(network, dataset, settings.loss)
    if not initial_loss > 0.0:
        raise InputError("the loss at the checkpoint is zero, so there is no c L* to reach")
    replicas = Replicas(network, dataset, settings, require_count("n_replicas", n_replicas))
    ratios = np.full((n_replicas, n_looks), np.nan)
    made, is_complete = 0, True
    try:
        for look in range(n_looks):
            for _ in range(look_every):
                replicas.step()
            found = replicas.full_losses() / initial_loss
            # A run that diverged has passed every threshold.
            found[~np.isfinite(found)] = np.inf
            ratios[replicas.numbers, look] = found
            made = look + 1
            # Not earlier: the coarser looks have to see it too, or miss it, by themselves.
            if made % _COARSEST == 0:
                replicas.keep(found < highest_threshold)
            if after_look is not None:
                after_look(made * look_every, len(replicas.numbers))
            if not len(replicas.numbers):
                break
    except KeyboardInterrupt:
        if not made:
            raise
        is_complete = False
    interval = settings.learning_rate * look_every
    return LossRecord(ratios[:, :made], interval, look_every, initial_loss, is_complete)


def threshold_passages(
    record: LossRecord, thresholds: Sequence[float], confidence_level: float = 0.95
) -> list[ThresholdPassage]:
    """Return the first passage to each threshold, with its interval and the bias of the looks.

    There is no bias where every step is looked at. Otherwise it is the larger of ``1/(√2 − 1)``
    times the step in the mean from every second look to every look, right where missed
    excursions fall with the square root of the interval, and half an interval, by which a
    passage is seen late on average.

    Raises
    ------
    InputError
        If the confidence level is no fraction.
    """
    found = []
    for threshold in thresholds:
        samples = [record.passages(threshold, every) for every in (1, 2, _COARSEST)]
        means = [
            sample.exposure / sample.n_events if sample.n_events else math.nan for sample in samples
        ]
        bias = 0.0
        if record.look_every > 1:
            bias = max(_BIAS_FACTOR * (means[1] - means[0]), record.look_interval / 2)
        found.append(
            ThresholdPassage(
                threshold=threshold,
                rate=estimate_rate(samples[0], confidence_level),
                mean_times=(means[0], means[1], means[2]),
                look_bias=bias,
            )
        )
    return found


def passage_exponent(
    record: LossRecord,
    thresholds: Sequence[float],
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 200,
    seed: int = 0,
) -> tuple[float, ConfidenceInterval]:
    """Return the exponent of the mean time in ``c``, with an interval from resampled replicas.

    One replica passes all thresholds one after the other, so the thresholds' events are not
    independent; whole replicas are resampled, and the intervals of the fit are not used.

    Raises
    ------
    InputError
        If there are fewer than two thresholds, or too few passages for a slope.
    """
    rng = np.random.default_rng(seed)
    samples = [record.passages(threshold) for threshold in thresholds]
    times = np.stack([sample.times for sample in samples])
    events = np.stack([~sample.is_censored for sample in samples])
    log_ratio = np.log(np.asarray(thresholds))
    central = fit_exponent(log_ratio, events.sum(axis=1), times.sum(axis=1)).exponent
    spread = []
    for _ in range(n_resamples):
        drawn = rng.integers(times.shape[1], size=times.shape[1])
        counts = events[:, drawn].sum(axis=1)
        if np.count_nonzero(counts) > 1:
            spread.append(fit_exponent(log_ratio, counts, times[:, drawn].sum(axis=1)).exponent)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(spread, (tail, 1 - tail))
    return central, ConfidenceInterval(float(low), float(high), confidence_level)
