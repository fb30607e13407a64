"""The quick rule: per-sample gradients of linear layers and convolutions as products of factors.

A layer with weights ``W`` and bias ``b`` that maps its input ``a`` to ``s = W a + b``, at one
position or at several (a convolution), has the per-sample gradient

    ∂ℓ_μ/∂W = Σ_t d_μt a_μtᵀ,   ∂ℓ_μ/∂b = Σ_t d_μt,   d_μt = ∂ℓ_μ/∂s_μt.

Norms and scalar products of per-sample gradients follow from ``a`` and ``d`` without forming a
gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nn_bridge.gradients.convolution import convolution_gradients


@dataclass(frozen=True)
class LayerFactors:
    """Inputs of one layer and gradients with respect to its outputs, for N samples.

    Attributes
    ----------
    name : str
        Of the layer in the network.
    layer : Linear or Conv2d
        The layer itself.
    inputs, gradients : Tensor
        ``a`` and ``d`` as the layer has them, first axis the sample.
    """

    name: str
    layer: nn.Module
    inputs: Tensor
    gradients: Tensor

    @property
    def has_bias(self) -> bool:
        """Whether the layer has a bias."""
        return self.layer.bias is not None

    @property
    def has_positions(self) -> bool:
        """Whether the layer maps several positions of a sample."""
        return isinstance(self.layer, nn.Conv2d) or self.inputs.ndim > 2

    def unit_gradients(self) -> Tensor:
        """Return ``d``, shape (N, fan-out, ...) with the positions last."""
        if isinstance(self.layer, nn.Conv2d) or not self.has_positions:
            return self.gradients
        return self.gradients.flatten(1, -2).mT

    def weight_gradients(self, d: Tensor) -> Tensor:
        """Return ``Σ_t d_t a_tᵀ`` for every sample and every column of ``d``, which it may stack.

        Parameters
        ----------
        d : Tensor, shape (N, columns, ...)
            Positions last, of a layer that has them.

        Returns
        -------
        Tensor, shape (N, columns, ...)
            The weights of one unit last.
        """
        if isinstance(self.layer, nn.Conv2d):
            return convolution_gradients(self.layer, self.inputs, d)
        return d @ self.inputs.flatten(1, -2)

    def norms_and_sum(self) -> tuple[Tensor, Tensor]:
        """Return ``|∂ℓ_μ/∂(W, b)|²`` of every sample and ``Σ_μ ∂ℓ_μ/∂(W, b)``.

        Shapes (N,) and (fan-out, fan-in), with a bias one column more. Only where a layer has
        several positions are the gradients formed: their sum costs as much anyway.
        """
        d = self.unit_gradients()
        if self.has_positions:
            gradients = self.weight_gradients(d)
            axes = tuple(range(1, gradients.ndim))
            norms = torch.linalg.vector_norm(gradients, dim=axes).square()
            weight, bias = gradients.sum(0).flatten(1), d.flatten(2).sum(2)
        else:
            norms = torch.linalg.vector_norm(self.inputs, dim=1).square() * d.square().sum(1)
            weight, bias = d.T @ self.inputs, d
        if not self.has_bias:
            return norms, weight
        return norms + bias.square().sum(1), torch.hstack([weight, bias.sum(0)[:, None]])

    def formed(self) -> dict[str, Tensor]:
        """Return the gradient of every sample, ``(N, *shape)`` of each parameter by its name."""
        d = self.unit_gradients()
        weight = self.layer.weight
        assert isinstance(weight, Tensor)
        if self.has_positions:
            gradients = self.weight_gradients(d)
            # The entries of a kernel come before the channels there.
            gradients = gradients.mT if isinstance(self.layer, nn.Conv2d) else gradients
        else:
            gradients = d[:, :, None] * self.inputs[:, None, :]
        found = {"weight": gradients.reshape(len(d), *weight.shape)}
        if self.has_bias:
            found["bias"] = d.flatten(2).sum(2) if self.has_positions else d
        prefix = f"{self.name}." if self.name else ""
        return {prefix + name: gradient for name, gradient in found.items()}


def has_factors(layer: nn.Module) -> bool:
    """Return whether a layer, all of whose parameters are trained, has the quick rule."""
    # Not a subclass: it may compute something else. Nor one whose weight is made of others.
    if type(layer) not in (nn.Linear, nn.Conv2d) or "weight" not in layer._parameters:
        return False
    if isinstance(layer, nn.Conv2d):
        is_padded_by_zeros = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        return layer.groups == 1 and is_padded_by_zeros
    return True
