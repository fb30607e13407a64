"""How the position moves: noise models and schemes."""

from landscape_sim.dynamics.euler_maruyama import EulerMaruyama
from landscape_sim.dynamics.noise import ConstantNoise, LossProportionalNoise, NoiseModel

__all__ = ["ConstantNoise", "EulerMaruyama", "LossProportionalNoise", "NoiseModel"]
