"""A noise model from outside the package.

``D(x) = c sqrt(L(x))`` neither follows the loss nor is it constant: no formula knows it, and a
solver that took it for one of the package's own would give another rate.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from landscape_sim.vectors import displace, scale


class RootNoise(NamedTuple):
    """``s = sqrt(L)``, ``M = c I``, hence ``U = 2 sqrt(L)``."""

    strength: float
    name = "root"
    follows_loss = False
    is_constant = False
    needs_positive_loss = True

    @classmethod
    def at_minimum(cls, hessian, loss, *, temperature, noise_scale):
        # As strong as loss-proportional noise at the minimum.
        return cls(temperature * math.sqrt(loss))

    def modulation(self, landscape, x):
        return np.sqrt(landscape.loss(x))

    def potential(self, landscape, x):
        return 2.0 * np.sqrt(landscape.loss(x))

    def kick(self, x, amplitude, normal):
        return displace(x, amplitude * np.sqrt(self.strength), normal)

    def spread(self, direction):
        return np.sqrt(self.strength)

    def matrix(self, dimension):
        return self.strength * np.eye(dimension)

    def diffusivity_gradient(self, landscape, x):
        return scale(0.5 * self.strength / np.sqrt(landscape.loss(x)), landscape.gradient(x))
