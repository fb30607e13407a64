"""A true minimum of a small network's loss, by a second-order method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import parameters_to_vector

from landscape_sim.validation import InputError, require_positive
from nn_bridge.curvature.hessian import hessian_operator, loss_and_gradient
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.training.evaluation import double_copy
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import as_given, taking_one_tensor

Array = NDArray[np.float64]

#: Of the whole Hessian, which is factorised at every step of the trust region.
_MOST_PARAMETERS = 2000
_MOST_STEPS = 300
#: First-order steps before it: each costs one Hessian-vector product.
_FIRST_ORDER_STEPS = 3000
#: Of the weights, relative.
_NEWTON_TOLERANCE = 1e-14
#: An eigenvalue below this share of the largest is zero, but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Minimum:
    """A network at a minimum of its loss.

    Attributes
    ----------
    network : torch.nn.Module
        A copy in double precision.
    loss, gradient_norm : float
        ``L*`` and ``|∇L|``.
    eigenvalues : ndarray, shape (P,)
        All of the Hessian, in ascending order, and all positive.
    """

    network: nn.Module
    loss: float
    gradient_norm: float
    eigenvalues: Array


def find_minimum(
    network: nn.Module, data: AnyData, loss: str = "mean-square", *, tolerance: float = 1e-9
) -> Minimum:
    """Return the minimum that descent from ``network`` ends in, where there is one.

    L-BFGS, then a trust region with the exact Hessian in double precision (SciPy's
    ``trust-exact``), and last Newton's method in Powell's hybrid form for ``∇L = 0``.

    Parameters
    ----------
    network : torch.nn.Module
        With 2000 parameters at most; it is not changed.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        More samples than parameters: otherwise nothing keeps the loss from zero.
    loss : str
    tolerance : float
        Of ``|∇L|``.

    Raises
    ------
    InputError
        If it is not reached, or the Hessian there has an eigenvalue that is not positive: then
        weights run off to infinity, or the loss does not depend on all of them.

    References
    ----------
    A. R. Conn, N. I. M. Gould, P. L. Toint, *Trust-Region Methods* (SIAM, 2000), Sec. 7.3;
    M. J. D. Powell, in *Numerical Methods for Nonlinear Algebraic Equations* (1970).
    """
    from scipy.optimize import minimize, root

    require_positive("tolerance", tolerance)
    dataset = as_dataset(data)
    network = taking_one_tensor(network, dataset)
    check_problem(network, dataset, loss)
    _require_few(count_parameters(network), dataset.targets.numel())
    landscape = _Landscape(double_copy(network), dataset.to(dtype=torch.float64), loss)
    start = parameters_to_vector(landscape.parameters).detach().cpu().numpy()
    rough = minimize(
        landscape.value, start, jac=True, method="L-BFGS-B",
        options={"maxiter": _FIRST_ORDER_STEPS, "maxfun": 2 * _FIRST_ORDER_STEPS},
    )  # fmt: skip
    fine = minimize(
        landscape.value, rough.x, jac=True, hess=landscape.hessian, method="trust-exact",
        options={"gtol": tolerance, "maxiter": _MOST_STEPS},
    )  # fmt: skip
    # Near a minimum the loss changes by less than its rounding; the gradient still falls.
    last = root(
        lambda vector: landscape.value(vector)[1], fine.x, jac=landscape.hessian,
        options={"xtol": _NEWTON_TOLERANCE},
    )  # fmt: skip
    return landscape.minimum(last.x, tolerance)


@dataclass(frozen=True)
class _Landscape:
    """The loss as a function of a vector: the weights of a network that is at its disposal."""

    network: nn.Module
    dataset: Dataset
    loss: str

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [p for p in self.network.parameters() if p.requires_grad]

    def at(self, vector: Array) -> nn.Module:
        weights = torch.from_numpy(vector).to(self.dataset.inputs.device)
        sizes = [p.numel() for p in self.parameters]
        with torch.no_grad():
            for part, p in zip(torch.split(weights, sizes), self.parameters, strict=True):
                p.copy_(part.view_as(p))
        return self.network

    def value(self, vector: Array) -> tuple[float, Array]:
        return loss_and_gradient(self.at(vector), self.dataset, self.loss)

    def hessian(self, vector: Array) -> Array:
        operator = hessian_operator(self.at(vector), self.dataset, self.loss)
        whole: Array = operator.matmat(np.eye(vector.size))
        symmetric: Array = (whole + whole.T) / 2
        return symmetric

    def minimum(self, vector: Array, tolerance: float) -> Minimum:
        """Return the point, if it is a minimum."""
        value, slope = self.value(vector)
        norm = float(np.linalg.norm(slope))
        eigenvalues = np.asarray(np.linalg.eigvalsh(self.hessian(vector)), dtype=np.float64)
        if not norm < tolerance:
            raise InputError(
                f"|∇L| = {norm:.3g} is not below the tolerance {tolerance:g} after {_MOST_STEPS} "
                "steps of the trust region; start elsewhere, or take fewer hidden units"
            )
        if not eigenvalues[0] > _ROUNDING * eigenvalues[-1]:
            raise InputError(
                f"the lowest eigenvalue of the Hessian is {eigenvalues[0]:.3g}, the largest "
                f"{eigenvalues[-1]:.3g}: this is no isolated minimum. Weights have run off, or the "
                "loss does not depend on all; start elsewhere, take fewer hidden units, or drop "
                "inputs that are constant"
            )
        return Minimum(as_given(self.at(vector)), value, norm, eigenvalues)


def _require_few(n_parameters: int, n_targets: int) -> None:
    if n_parameters > _MOST_PARAMETERS:
        raise InputError(
            f"{n_parameters} parameters are more than {_MOST_PARAMETERS}, of which the whole "
            "Hessian is factorised; take a smaller network"
        )
    if n_parameters >= n_targets:
        raise InputError(
            f"{n_parameters} parameters are not fewer than the {n_targets} targets, so the loss "
            "can vanish; take more samples or fewer hidden units"
        )
