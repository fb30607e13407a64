"""What the studies of SGD on data ask for; each can be written down and run again."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PositiveFloat

from landscape_sim.comparison.study_file import (
    ConfidenceLevel,
    Count,
    Scale,
    StudyName,
    WrittenStudy,
)
from landscape_sim.comparison.written import Written
from landscape_sim.validation import MOST

#: Checked where it is used, so that the refusal can say what L* is.
Ratio = Annotated[Scale, Field(gt=0)]


class _DataStudy(WrittenStudy):
    """What the studies on data have in common."""

    def asked_by_case(
        self, number: int, axes: tuple[str, ...], values: tuple[float, ...]
    ) -> dict[str, Any]:
        """Return what the answer of a case depends on.

        Parameters
        ----------
        number : int
            Of its stream of random numbers.
        axes : tuple of str
            What concerns other cases, or what is done with rows.
        values : tuple of float
            Of this case on the axes.
        """
        others = self.model_dump(exclude={"name", *axes})
        return {"kind": type(self).__name__, **others, "number": number, "values": tuple(values)}


class StationaryStudy(_DataStudy):
    """Section 5.3.1, Fig. 3a: the exponent of the stationary law of one-dimensional regression.

    Attributes
    ----------
    name, seed
        Of the results folder, and of data and batches.
    data_samples : int
        ``N``.
    learning_rates, batch_sizes : tuple
        Every pair is one case.
    n_paths, path_samples, steps_per_sample, burn_in_samples : int
        Independent paths, samples that each keeps, steps between two, samples dropped first.
        Where the learning rate is too small for them the last two are raised.
    exact_nodes : int
        Nodes of the first grid of the exact stationary law.
    confidence_level : float
        Of every interval.
    """

    name: StudyName = "regression-stationary"
    data_samples: Count = 100_000
    learning_rates: tuple[Scale, ...] = Field(default=(0.01, 0.1, 1.0), min_length=1)
    batch_sizes: tuple[Count, ...] = Field(default=(1, 10, 100, 1000), min_length=1)
    n_paths: int = Field(default=20, ge=10, le=MOST)
    path_samples: Count = 500
    steps_per_sample: Count = 100
    burn_in_samples: Count = 20
    exact_nodes: int = Field(default=161, ge=16, le=MOST)
    confidence_level: ConfidenceLevel = 0.95


class PassageStudy(_DataStudy):
    """Section 5.3.1, Fig. 3b: the mean time until the loss of a regression has reached ``c L*``.

    Attributes
    ----------
    name, seed, data_samples, confidence_level
        As for :class:`StationaryStudy`.
    learning_rate, batch_size
        Of SGD.
    dimensions, loss_ratios : tuple
        ``d`` and ``c``; every pair is one case.
    n_paths : int
        Runs of each case.
    max_time : float
        A run is censored after this time ``t = ηk``.
    slope_from : float
        The slope is fitted over the ``c`` from here on.
    """

    name: StudyName = "regression-first-passage"
    data_samples: Count = 10_000
    learning_rate: Scale = 0.1
    batch_size: Count = 1
    dimensions: tuple[Count, ...] = Field(default=(1, 5, 10), min_length=1)
    loss_ratios: tuple[Ratio, ...] = Field(
        default=(1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0), min_length=1
    )
    n_paths: Count = 100
    max_time: PositiveFloat = 20_000.0
    slope_from: PositiveFloat = 1.6
    confidence_level: ConfidenceLevel = 0.95


class ApproximationSetting(Written):
    """One setting of the chain of approximations: ``η``, ``B`` and ``σ``."""

    learning_rate: Scale
    batch_size: Count
    label_noise: Scale


class ApproximationStudy(_DataStudy):
    """The chain of approximations for phase regression, link by link.

    Attributes
    ----------
    name, seed, data_samples, confidence_level
        As for :class:`StationaryStudy`.
    settings : tuple of ApproximationSetting
        The cases.
    n_paths : int
        Runs of SGD in each case.
    max_path_steps : float
        Where the runs would take more steps than this, SGD is not simulated.
    exact_nodes : int
        Nodes of the grid of the exact transition kernels.
    """

    name: StudyName = "chain"
    data_samples: Count = 10_000
    settings: tuple[ApproximationSetting, ...] = Field(
        default=tuple(
            ApproximationSetting(learning_rate=eta, batch_size=batch, label_noise=sigma)
            for eta, batch, sigma in (
                *((0.2, 1, 1.0), (0.3, 1, 1.0), (0.5, 1, 1.0), (1.0, 1, 1.0)),
                *((1.0, 2, 1.0), (1.5, 3, 1.0), (0.5, 2, 1.0)),
                *((0.5, 1, 0.5), (0.5, 1, 2.0), (0.5, 1, 4.0)),
            )
        ),
        min_length=1,
    )
    n_paths: Count = 400
    max_path_steps: PositiveFloat = 1e8
    exact_nodes: int = Field(default=600, ge=16, le=MOST)
    confidence_level: ConfidenceLevel = 0.95


SgdStudy = StationaryStudy | PassageStudy | ApproximationStudy
