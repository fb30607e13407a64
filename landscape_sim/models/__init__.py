"""What SGD is run on: models given by ``f`` and ``∂f``, and data sets with a mean-square loss."""

from landscape_sim.models.contract import FeatureModel, RegressionModel
from landscape_sim.models.data_landscape import DataLandscape
from landscape_sim.models.data_set import DataSet
from landscape_sim.models.generation import (
    gaussian_regression,
    phase_regression,
    rank_one_regression,
)
from landscape_sim.models.linear import LinearModel
from landscape_sim.models.phase import PhaseModel
from landscape_sim.models.rank_one import RankOneModel
from landscape_sim.models.targets import LossLevel, LossShortfall
from landscape_sim.models.two_phases import TwoPhaseModel

__all__ = [
    "DataLandscape",
    "DataSet",
    "FeatureModel",
    "LinearModel",
    "LossLevel",
    "LossShortfall",
    "PhaseModel",
    "RankOneModel",
    "RegressionModel",
    "TwoPhaseModel",
    "gaussian_regression",
    "phase_regression",
    "rank_one_regression",
]
