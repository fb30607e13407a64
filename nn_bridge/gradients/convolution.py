"""The gradient of every sample with respect to the kernel of a convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def convolution_gradients(layer: nn.Conv2d, inputs: Tensor, d: Tensor) -> Tensor:
    """Return ``Σ_t d_t a_tᵀ`` over the positions ``t``, for every sample and column of ``d``.

    With the outputs laid on the grid of the padded inputs, a shift of the kernel is a shift of
    the flat index: one matrix product for each of its entries, and no patch is ever copied.

    Parameters
    ----------
    layer : Conv2d
        Without groups, padded with zeros by a number.
    inputs : Tensor, shape (N, channels, height, width)
    d : Tensor, shape (N, columns, height, width)
        Gradients with respect to outputs of the layer.

    Returns
    -------
    Tensor, shape (N, columns, kernel entries, channels)
    """
    (rows, columns), (down, right) = layer.kernel_size, layer.dilation
    assert not isinstance(layer.padding, str)  # refused when the layer was met
    vertical, horizontal = layer.padding
    padded = nn.functional.pad(inputs, (horizontal, horizontal, vertical, vertical))
    n_samples, n_channels, height, width = padded.shape
    grid = d.new_zeros(n_samples, d.shape[1], height, width)
    step_down, step_right = layer.stride
    grid[:, :, : d.shape[2] * step_down : step_down, : d.shape[3] * step_right : step_right] = d
    length = (d.shape[2] - 1) * step_down * width + (d.shape[3] - 1) * step_right + 1
    grid, flat = grid.flatten(2)[:, :, :length], padded.flatten(2)
    shifts = [i * down * width + j * right for i in range(rows) for j in range(columns)]
    found = d.new_empty(len(shifts), n_samples, d.shape[1], n_channels)
    for entry, shift in zip(found, shifts, strict=True):
        torch.bmm(grid, flat[:, :, shift : shift + length].mT, out=entry)
    return found.permute(1, 2, 0, 3)
