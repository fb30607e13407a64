"""First passages of replicas to each threshold, and what looking now and then adds to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.estimators import ExponentFit
from landscape_sim.estimators.passage_time import (
    MeanPassageTime,
    estimate_level_times,
    positive_mean_interval,
)
from landscape_sim.estimators.replica_exponent import fit_replica_exponent
from nn_bridge.measurements.replica_losses import SPARSER, ReplicaLosses

#: Where what is missed falls with the square root of the interval, as for a diffusion, the
#: step from 2k to k is √2 − 1 times what is left at k. Where it falls faster, less is left.
_BIAS_FACTOR = 1 / (math.sqrt(2) - 1)


@dataclass(frozen=True)
class ThresholdPassage:
    """The first passage to ``c L*``.

    Attributes
    ----------
    threshold : float
        ``c``.
    passage : MeanPassageTime
        Mean time ``t = ηk``, its interval and what it assumes.
    look_bias : float
        Upper bound on what the mean time is too long because of the looks; NaN where none can
        be given.
    """

    threshold: float
    passage: MeanPassageTime
    look_bias: float


def threshold_passages(
    losses: ReplicaLosses, thresholds: Sequence[float], confidence_level: float = 0.95
) -> list[ThresholdPassage]:
    """Return the first passage to each threshold, with its interval and the bias of the looks.

    There is no bias where every step is looked at. Otherwise it is bounded by the larger of

    * ``k η``: a passage that lasts until the next look is seen at most that late;
    * ``1/(√2 − 1)`` times the upper end of the interval of what looking half as often adds to the
      mean. That is right where missed excursions fall with the square root of the interval, as
      for a diffusion, and too much where they fall faster, as they do for single kicks.

    Where replicas are censored, what they miss is not known, and there is no bound; nor is there
    one after a single look.

    Raises
    ------
    InputError
        If the confidence level is no fraction, or there is one replica only.
    """
    samples = [losses.passages(threshold) for threshold in thresholds]
    return [
        ThresholdPassage(
            threshold=threshold,
            passage=passage,
            look_bias=_look_bias(losses, threshold, confidence_level),
        )
        for threshold, passage in zip(
            thresholds, estimate_level_times(samples, confidence_level), strict=True
        )
    ]


def _look_bias(losses: ReplicaLosses, threshold: float, confidence_level: float) -> float:
    if losses.look_every == 1:
        return 0.0
    if losses.ratios.shape[1] < SPARSER:
        return math.nan
    seen, sparser = (losses.passages(threshold, every) for every in (1, SPARSER))
    if sparser.n_censored:
        return math.nan
    added = positive_mean_interval(sparser.times - seen.times, confidence_level)
    return max(_BIAS_FACTOR * added.high, losses.look_interval)


def passage_exponent(
    losses: ReplicaLosses, thresholds: Sequence[float], confidence_level: float = 0.95
) -> ExponentFit:
    """Return the exponent of the mean time in ``c``, with an interval from the replicas' scatter.

    Raises
    ------
    InputError
        If there are fewer than two thresholds with a passage.
    """
    samples = [losses.passages(threshold) for threshold in thresholds]
    return fit_replica_exponent(
        np.log(np.asarray(thresholds)),
        np.stack([sample.times for sample in samples]),
        np.stack([sample.is_censored for sample in samples]),
        confidence_level,
    )
