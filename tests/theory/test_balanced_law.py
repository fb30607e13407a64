"""The stationary law of ``u w x``: exact for the SDE, not for SGD; its collapse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

import landscape_sim as ls
from landscape_sim.exact.update.transition import discrete_stationary_law
from landscape_sim.models import RankOneModel
from landscape_sim.theory.balanced_law import BalancedLaw
from landscape_sim.validation import InputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=1000)
Y = X + 0.5 * RNG.normal(size=1000)
LAW = BalancedLaw.of_samples(X, Y)


def gradient(v):
    """Return ``g_μ``, the derivative of the loss in ``v``."""
    return X * (v * X - Y)


def moments(nodes, weights):
    """Return mean and deviation of ``log v``."""
    mean = weights @ nodes
    return np.array([mean, math.sqrt(weights @ (nodes - mean) ** 2)])


def of_closed_form(temperature, change=0.0):
    log_v = np.linspace(-30.0, 6.0, 20_001)
    log_density = LAW.log_density(np.exp(log_v), temperature) + (1.0 + change) * log_v
    weights = np.exp(log_density - log_density.max())
    return moments(log_v, weights / weights.sum())


def of_chain(jumps, temperature, n_nodes=201):
    width = 0.5 * math.sqrt(temperature)
    law = discrete_stationary_law(jumps, 0.0, width, n_nodes=n_nodes, reach=4.0)
    return moments(law.nodes, law.weights)


def of_sde(temperature, step):
    """A chain of normal steps in ``log v``, by Itô's formula from ``u`` and ``w``."""
    normal = np.linspace(-8.0, 8.0, 301)
    weights = np.exp(-0.5 * normal**2)

    def jumps(log_v):
        kicks = gradient(math.exp(log_v))
        spread = temperature * kicks.var()
        drift = -2.0 * kicks.mean() - spread
        return drift * step + 2.0 * math.sqrt(spread * step) * normal, weights / weights.sum()

    return of_chain(jumps, temperature)


def of_sgd(learning_rate, n_nodes=201):
    """``u' = u (1 − η g)`` exactly, where ``u = w``."""
    equal = np.full(X.size, 1.0 / X.size)
    return of_chain(
        lambda z: (2.0 * np.log(np.abs(1.0 - learning_rate * gradient(math.exp(z)))), equal),
        learning_rate,
        n_nodes,
    )


def test_the_sde_has_it_exactly():
    """To what steps leave, of first order: half of it at half the step, so twice one less other."""
    temperature = 0.1
    coarse, fine = of_sde(temperature, 0.02), of_sde(temperature, 0.01)
    limit, left = 2.0 * fine - coarse, np.abs(fine - coarse)
    assert (np.abs(limit - of_closed_form(temperature)) < 0.5 * left).all()
    # Negative control: the law by Stratonovich's rule, v times as much.
    assert (np.abs(limit - of_closed_form(temperature, change=1.0)) > 0.5 * left).any()


def test_sgd_has_it_for_small_steps_only():
    """Its law is wider, in proportion to the step and by far more than the grid's error."""
    fine, coarse = (np.array([of_sgd(eta, n)[1] for eta in (0.01, 0.02)]) for n in (201, 101))
    miss = fine / np.array([of_closed_form(eta)[1] for eta in (0.01, 0.02)]) - 1.0
    assert (miss > 20.0 * np.abs(coarse / fine - 1.0)).all()
    assert miss[1] / miss[0] == pytest.approx(2.0, rel=0.1)  # the next order, at η = 0.02


def test_sgd_balances_its_weights_and_says_how_fast():
    """``u'² − w'² = (u² − w²)(1 − η² g²)``, an identity of every step."""
    data = ls.DataSet(RankOneModel(), X[None], Y)
    (u, w), eta = (1.3, 0.4), 0.3
    step_u, step_w = -eta * data.sample_gradients((u, w))
    after = (u + step_u) ** 2 - (w + step_w) ** 2
    kick = gradient(u * w)
    np.testing.assert_allclose(after, (u * u - w * w) * (1.0 - (eta * kick) ** 2), atol=1e-12)


def test_sgd_collapses_elsewhere():
    """Near zero ``log |u|`` walks by ``log |1 + η x y|``: it collapses where that falls."""
    growth = lambda eta, y: np.mean(np.log(np.abs(1.0 + eta * X * y)))  # noqa: E731
    # Where the signal is weak, at T_c: to the next orders of the logarithm.
    weak = 0.05 * X + RNG.normal(size=1000)
    law, kicks = BalancedLaw.of_samples(X, weak), X * weak
    critical, variance = law.critical_temperature, law.noise[2]
    allowed = (law.slope**2 + 2.0 / 3.0 * critical * abs(np.mean(kicks**3))) / variance
    found = brentq(lambda eta: growth(eta, weak), 0.2 * critical, 1.5 * critical)
    assert abs(found / critical - 1.0) < 1.5 * allowed < 0.3
    # Negative control: T_c without its factor of two.
    assert abs(found / (critical / 2.0) - 1.0) > 1.5 * allowed
    # Where it is strong, nowhere: at twice T_c log |u| rises.
    assert growth(2.0 * LAW.critical_temperature, Y) > 0.5


def test_refusals():
    with pytest.raises(InputError, match=r"take T below T_c = 0\.765"):
        LAW.log_density(1.0, 0.8)
    with pytest.raises(InputError, match="temperature"):
        LAW.log_density(1.0, 0.0)
    with pytest.raises(InputError, match="E xy > 0"):
        BalancedLaw.of_samples(X, -Y)
