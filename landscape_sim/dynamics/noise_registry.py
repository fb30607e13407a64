"""Noise models by name, those of the package and your own.

A model of your own is a NamedTuple with the methods of :class:`NoiseModel`, four attributes on
its class and a way to make it at a minimum. Registered, it is known to the command line, to
studies and to :class:`landscape_sim.Escape` by its name::

    class _Strength(NamedTuple):
        strength: float


    class RootNoise(_Strength):  # D(x) = strength sqrt(L(x))
        name = "root"
        follows_loss = is_constant = False
        needs_positive_loss = True
        ...


    register_noise(RootNoise)
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics.aligned_noise import ConstantHessianAlignedNoise, HessianAlignedNoise
from landscape_sim.dynamics.noise import ConstantNoise, LossProportionalNoise, NoiseModel
from landscape_sim.registry import Registry


class NoiseFamily(Protocol):
    """The class of a noise model that has a name."""

    name: str
    is_constant: bool

    def at_minimum(
        self, hessian: NDArray[np.float64], loss: float, *, temperature: float, noise_scale: float
    ) -> NoiseModel:
        """Return the noise at a minimum with this Hessian and loss.

        Parameters
        ----------
        hessian : ndarray, shape (n, n)
            ``H*``.
        loss : float
            ``L*``.
        temperature, noise_scale : float
            ``T = η h*/B`` and ``η/B``.
        """


_NOISES = Registry[NoiseFamily]("noise")


def register_noise(family: NoiseFamily) -> None:
    """Make the noise model known under its ``name``.

    Raises
    ------
    InputError
        If another model has this name.
    """
    _NOISES.register(family.name, family)


def noise_family(name: str) -> NoiseFamily:
    """Return the class of the noise model called ``name``.

    Raises
    ------
    InputError
        If there is no noise model of this name.

    Examples
    --------
    >>> noise_family("isotropic").__name__
    'LossProportionalNoise'
    """
    return _NOISES.find(name)


def noise_names() -> tuple[str, ...]:
    """Return the names of all noise models.

    >>> noise_names()[:4]
    ('isotropic', 'hessian', 'constant', 'constant-hessian')
    """
    return _NOISES.names()


register_noise(LossProportionalNoise)
register_noise(HessianAlignedNoise)
register_noise(ConstantNoise)
register_noise(ConstantHessianAlignedNoise)
