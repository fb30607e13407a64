"""Hamiltonians: derivatives against differences of the value, and moments against the data."""

from __future__ import annotations

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD, GaussianLabelNoise, HeavyBallSGD, StableLabelNoise
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian, diffusion_of_field
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.models import DataSet
from landscape_sim.validation import InputError

STEP = 1e-4
RANK_ONE = ls.rank_one_regression(signal=1.0, label_noise=0.5, n_samples=60, seed=0)
PHASE = ls.phase_regression(label_noise=1.0, n_samples=60, seed=0)
LINEAR = ls.gaussian_regression(dimension=3, n_samples=60, seed=0)
SURFACE = ls.from_catalogue("mueller-brown").landscape


def turning(x):
    """Return a covariance that varies and turns."""
    return np.cos(x[:, :1, None]) ** 2 * np.eye(2) + np.einsum("mi,mj->mij", x, x)


class RootNoise(ls.LossProportionalNoise):
    """``D = T sqrt(L)``: a modulation that is neither the loss nor constant."""

    __slots__ = ()
    follows_loss = False

    def modulation(self, landscape, x):
        return np.sqrt(landscape.loss(x))


HAMILTONIANS = {
    "rank one": MiniBatchHamiltonian.of_rule(RANK_ONE, SGD(0.1, 2)),
    "label noise": MiniBatchHamiltonian.of_rule(RANK_ONE, SGD(0.1, 2, GaussianLabelNoise(0.7))),
    "phase": MiniBatchHamiltonian.of_rule(PHASE, SGD(0.1, 2, GaussianLabelNoise(0.7))),
    "linear": MiniBatchHamiltonian.of_rule(LINEAR, SGD(0.1, 2)),
    "isotropic": DiffusionHamiltonian.of_noise(SURFACE, ls.LossProportionalNoise(0.2), 0.1),
    "constant": DiffusionHamiltonian.of_noise(SURFACE, ls.ConstantNoise(0.2)),
    "hessian": DiffusionHamiltonian.of_noise(
        SURFACE, ls.HessianAlignedNoise.from_hessian([[2.0, 0.5], [0.5, 1.0]], 0.1, 1)
    ),
    "root": DiffusionHamiltonian.of_noise(SURFACE, RootNoise(0.2)),
    "field": diffusion_of_field(SURFACE, CovarianceField(turning), 0.2),
}


def points(hamiltonian):
    generator = np.random.default_rng(1)
    shape = (4, hamiltonian.dimension)
    return 0.4 * generator.standard_normal(shape), 0.3 * generator.standard_normal(shape)


def central(function, x, j):
    """Return the derivative along coordinate ``j``, in error by ``STEP²``."""
    unit = STEP * np.eye(x.shape[1])[j]
    return (function(x + unit) - function(x - unit)) / (2 * STEP)


def largest_defect(hamiltonian):
    """Return how far all derivatives are from differences, over the largest of each."""
    x, p = points(hamiltonian)
    first, second = hamiltonian.slopes(x, p), hamiltonian.curvatures(x, p)
    worst = 0.0
    for j in range(hamiltonian.dimension):
        pairs = [
            (first.position[:, j], central(lambda y: hamiltonian.slopes(y, p).value, x, j)),
            (first.momentum[:, j], central(lambda q: hamiltonian.slopes(x, q).value, p, j)),
            (second.position[..., j], central(lambda y: hamiltonian.slopes(y, p).position, x, j)),
            (second.mixed[..., j], central(lambda y: hamiltonian.slopes(y, p).momentum, x, j)),
            (second.momentum[..., j], central(lambda q: hamiltonian.slopes(x, q).momentum, p, j)),
        ]
        worst = max(worst, *(np.abs(a - b).max() / (1.0 + np.abs(b).max()) for a, b in pairs))
    return worst


@pytest.mark.parametrize("name", HAMILTONIANS)
def test_every_derivative_is_that_of_the_value(name):
    # Truncation is STEP² times a third derivative over the largest value, below 1e3 here.
    assert largest_defect(HAMILTONIANS[name]) < 1e3 * STEP**2


def test_a_wrong_cumulant_is_seen(monkeypatch):
    """Negative control: the second cumulant without the square of the first."""
    hamiltonian = HAMILTONIANS["rank one"]
    found = hamiltonian.curvatures

    def wrong(x, p):
        mean = hamiltonian.slopes(x, p).momentum
        right = found(x, p)
        return right._replace(momentum=right.momentum + np.einsum("mi,mj->mij", mean, mean))

    monkeypatch.setattr(type(hamiltonian), "curvatures", lambda _, x, p: wrong(x, p))
    assert largest_defect(hamiltonian) > 0.01


@pytest.mark.parametrize("name", ["phase", "line"])
def test_derivatives_along_the_momentum(name):
    well = ls.from_catalogue("tilted-quartic").landscape
    line = DiffusionHamiltonian.of_noise(well, ls.LossProportionalNoise(0.2))
    hamiltonian = HAMILTONIANS["phase"] if name == "phase" else line
    x, p = points(hamiltonian)
    known = hamiltonian.along_momentum(x, p, 4)
    for k in range(4):
        slope = central(lambda q, k=k: hamiltonian.along_momentum(x, q, 4)[k], p, 0)
        assert known[k + 1] == pytest.approx(slope, rel=1e-5, abs=1e-6)
    assert known[0] == pytest.approx(hamiltonian.slopes(x, p).value, rel=1e-12)
    assert known[:3] == pytest.approx(hamiltonian.along_momentum(x, p, 2), rel=1e-12)


def test_the_value_is_the_mean_over_the_samples():
    hamiltonian = HAMILTONIANS["rank one"]
    x, p = points(hamiltonian)
    for position, momentum, value in zip(x, p, hamiltonian.slopes(x, p).value, strict=True):
        gradients = RANK_ONE.sample_gradients(tuple(position))
        assert value == pytest.approx(np.log(np.mean(np.exp(-momentum @ gradients))), rel=1e-12)


def test_at_rest_it_is_the_gradient_and_the_exact_covariance():
    hamiltonian = HAMILTONIANS["rank one"]
    x, _ = points(hamiltonian)
    at_rest = np.zeros_like(x)
    flow = hamiltonian.slopes(x, at_rest).momentum
    noise = hamiltonian.curvatures(x, at_rest).momentum
    for k, position in enumerate(map(tuple, x)):
        assert flow[k] == pytest.approx(-np.array(RANK_ONE.landscape.gradient(position)), rel=1e-9)
        exact = RANK_ONE.noise_covariance(position, 1, with_replacement=True)
        assert noise[k] == pytest.approx(exact, rel=1e-9)


def test_label_noise_is_averaged_over():
    """Against Gauss–Hermite quadrature over the shift of one label."""
    hamiltonian = HAMILTONIANS["label noise"]
    x, p = points(hamiltonian)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    total = 0.0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        shifted = DataSet(RANK_ONE.model, RANK_ONE.inputs, RANK_ONE.targets + 0.7 * node)
        kicks = -p[0] @ shifted.sample_gradients(tuple(x[0]))
        total += weight * np.mean(np.exp(kicks))
    assert hamiltonian.slopes(x[:1], p[:1]).value[0] == pytest.approx(np.log(total), rel=1e-10)


class Bare:
    """A model without features."""

    dimension = 1

    def prediction(self, position, x):
        return position[0] * x[0]

    def prediction_gradient(self, position, x):
        return (x[0],)


@pytest.mark.parametrize(
    ("data", "rule", "message"),
    [
        (PHASE, SGD(0.1, 1, StableLabelNoise(1.5, 0.1)), "infinite for every p"),
        (PHASE, HeavyBallSGD(0.1, 1, 0.9), "plain SGD"),
        (PHASE, SGD(0.1, 61), "exceeds the 60"),
        (PHASE, SGD(-0.1, 1), "learning_rate must be a positive"),
        (DataSet(Bare(), PHASE.inputs, PHASE.targets), SGD(0.1, 1), "FeatureModel"),
    ],
)
def test_refuses_what_has_no_hamiltonian(data, rule, message):
    with pytest.raises(InputError, match=message) as refusal:
        MiniBatchHamiltonian.of_rule(data, rule)
    assert "\n" not in str(refusal.value)
