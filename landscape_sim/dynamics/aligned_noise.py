"""Noise aligned with the Hessian at a minimum: proportional to the loss, or frozen there."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError, require_positive
from landscape_sim.vectors import Vector, displace, dot, scale, transform

Rows = tuple[tuple[float, ...], ...]


class _AlignedNoise(NamedTuple):
    """What both models share: a matrix ``M``, kept as its symmetric square root."""

    root: Rows

    def kick(self, x: Any, amplitude: Any, normal: Any) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``."""
        return displace(x, amplitude, transform(self.root, normal))

    def spread(self, direction: Any) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""
        along = transform(self.root, direction)
        return np.sqrt(dot(along, along))

    def matrix(self, dimension: int) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""
        root = np.array(self.root)
        if root.shape != (dimension, dimension):
            raise InputError(
                f"the noise has {len(root)} directions, the position {dimension}; take the noise "
                "of a minimum of this landscape"
            )
        return np.asarray(root @ root)


class HessianAlignedNoise(_AlignedNoise):
    """Noise proportional to the loss and aligned with a Hessian, ``D(x) = (η/B) L(x) H*``.

    The noise of the decoupling approximation as it stands, without the step to an
    isotropic outlier subspace. Where the eigenvalues of ``H*`` differ the dynamics is
    not reversible, and no density is known in closed form.

    Attributes
    ----------
    root : tuple of tuple of float
        Rows of the symmetric square root of ``M = (η/B) H*``.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 3.
    """

    __slots__ = ()
    name = "hessian"
    follows_loss = True
    is_constant = False
    needs_positive_loss = True

    @classmethod
    def at_minimum(
        cls, hessian: NDArray[np.float64], loss: float, *, temperature: float, noise_scale: float
    ) -> Self:
        """Return the noise of ``η/B = noise_scale`` at a minimum with this Hessian."""
        return cls(square_root(hessian, noise_scale))

    @classmethod
    def from_hessian(
        cls, hessian: ArrayLike, learning_rate: float, batch_size: float
    ) -> HessianAlignedNoise:
        """Return the noise at a minimum with this Hessian.

        Raises
        ------
        InputError
            If the Hessian is not a symmetric matrix without negative eigenvalue, or
            another argument is not positive.

        Examples
        --------
        >>> HessianAlignedNoise.from_hessian([[4.0]], learning_rate=0.5, batch_size=2)
        HessianAlignedNoise(root=((1.0,),))
        """
        temperature = require_positive("learning_rate", learning_rate) / require_positive(
            "batch_size", batch_size
        )
        return cls(square_root(hessian, temperature))

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = L(x)``."""
        return landscape.loss(x)

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = log L(x)``."""
        return np.log(landscape.loss(x))

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s(x)``."""
        return transform(self.root, transform(self.root, landscape.gradient(x)))


class ConstantHessianAlignedNoise(_AlignedNoise):
    """Hessian-aligned noise frozen at its strength in the minimum, ``D = (η/B) L* H*``.

    What theories before the power law assumed (Zhu et al.; Xie et al.).

    Attributes
    ----------
    root : tuple of tuple of float
        Rows of the symmetric square root of ``M = (η/B) L* H*``.

    References
    ----------
    Zhu, Wu, Yu, Wu, Ma, *The Anisotropic Noise in Stochastic Gradient Descent* (ICML 2019);
    Xie, Sato, Sugiyama, *A Diffusion Theory for Deep Learning Dynamics* (ICLR 2021).
    """

    __slots__ = ()
    name = "constant-hessian"
    follows_loss = False
    is_constant = True
    needs_positive_loss = False

    @classmethod
    def at_minimum(
        cls, hessian: NDArray[np.float64], loss: float, *, temperature: float, noise_scale: float
    ) -> Self:
        """Return the noise of ``η/B = noise_scale`` frozen at a minimum of this loss."""
        return cls(square_root(hessian, noise_scale * require_positive("loss", loss)))

    @classmethod
    def from_hessian(
        cls, hessian: ArrayLike, minimum_loss: float, learning_rate: float, batch_size: float
    ) -> ConstantHessianAlignedNoise:
        """Return the noise frozen at a minimum with this Hessian and loss.

        Raises
        ------
        InputError
            As :meth:`HessianAlignedNoise.from_hessian`, and if the loss is not positive.

        Examples
        --------
        >>> ConstantHessianAlignedNoise.from_hessian([[4.0]], 0.25, 0.5, batch_size=2)
        ConstantHessianAlignedNoise(root=((0.5,),))
        """
        temperature = require_positive("learning_rate", learning_rate) / require_positive(
            "batch_size", batch_size
        )
        return cls(square_root(hessian, temperature * require_positive("loss", minimum_loss)))

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = 1``, whatever ``x``."""
        return 1.0

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = L(x)``."""
        return landscape.loss(x)

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s = 0``."""
        return scale(0.0, x)


def square_root(hessian: ArrayLike, factor: float) -> Rows:
    """Return the rows of the symmetric square root of ``factor`` times ``hessian``."""
    matrix = np.asarray(hessian, dtype=np.float64)
    is_square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not (is_square and np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)):
        raise InputError(f"hessian must be a symmetric matrix, got {matrix.tolist()}")
    eigenvalues, eigenvectors = np.linalg.eigh(matrix)
    if eigenvalues[0] < -1e-12 * abs(eigenvalues).max():
        raise InputError(
            f"hessian has the negative eigenvalue {eigenvalues[0]:g}; take it at a minimum"
        )
    roots = np.sqrt(factor * np.maximum(eigenvalues, 0.0))
    root = (eigenvectors * roots) @ eigenvectors.T
    return tuple(tuple(map(float, row)) for row in root)
