"""How the position moves: noise models and schemes."""

from landscape_sim.dynamics.aligned_noise import ConstantHessianAlignedNoise, HessianAlignedNoise
from landscape_sim.dynamics.contract import Dynamics
from landscape_sim.dynamics.direct import EulerMaruyama, Milstein
from landscape_sim.dynamics.noise import ConstantNoise, LossProportionalNoise, NoiseModel
from landscape_sim.dynamics.time_changed import LeimkuhlerMatthews, TimeChangedEuler

__all__ = [
    "ConstantHessianAlignedNoise",
    "ConstantNoise",
    "Dynamics",
    "EulerMaruyama",
    "HessianAlignedNoise",
    "LeimkuhlerMatthews",
    "LossProportionalNoise",
    "Milstein",
    "NoiseModel",
    "TimeChangedEuler",
]
