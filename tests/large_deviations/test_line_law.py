"""The law of a line: against closed forms, the exact rate of a diffusion and the exact chain."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.comparison.sgd.phase_problem import PhaseProblem
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian, diffusion_of_field
from landscape_sim.large_deviations.line_correction import line_correction
from landscape_sim.large_deviations.line_law import line_law
from landscape_sim.large_deviations.line_momentum import line_momentum
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.large_deviations.sgd_law import sgd_escape_law
from landscape_sim.models import DataSet, PhaseModel
from landscape_sim.validation import InputError

LINES = [entry for entry in ls.catalogue() if len(entry.start) == 1]


def route_of(entry):
    return ls.find_escape_route(entry.landscape, entry.start, entry.target)


@pytest.mark.parametrize("entry", LINES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("temperature", [0.4, 0.01])
def test_isotropic_noise_gives_eyring_and_kramers_on_the_log_loss(entry, temperature):
    route = route_of(entry)
    low, high = route.minimum, route.saddle
    attempts = math.sqrt(low.eigenvalues[0] * -high.eigenvalues[0]) / (2 * math.pi)
    expected = math.log(attempts) - (1 / temperature + 0.5) * math.log(high.loss / low.loss)
    hamiltonian = DiffusionHamiltonian.of_noise(
        entry.landscape, ls.LossProportionalNoise(temperature), 0.1
    )
    law = line_law(hamiltonian, low.position[0], high.position[0])
    assert law.log_rate == pytest.approx(expected, abs=1e-8)
    # Negative control: Arrhenius in the loss itself.
    assert abs(law.action / 0.1 - (high.loss - low.loss) / (temperature * low.loss)) > 0.1


def test_constant_noise_gives_kramers():
    entry = ls.from_catalogue("asymmetric-quartic")
    route = route_of(entry)
    law = line_law(
        DiffusionHamiltonian.of_noise(entry.landscape, ls.ConstantNoise(0.03)),
        route.minimum.position[0],
        route.saddle.position[0],
    )
    attempts = math.sqrt(route.minimum.eigenvalues[0] * -route.saddle.eigenvalues[0])
    barrier = (route.saddle.loss - route.minimum.loss) / 0.03
    expected = math.log(attempts / (2 * math.pi)) - barrier
    assert law.log_rate == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("entry", LINES[:3], ids=lambda entry: entry.name)
def test_the_next_order_is_that_of_the_exact_rate(entry):
    """``ln(exact/law)/ε`` tends to ``c``; what is left falls with ``ε``."""
    route = route_of(entry)
    ends = route.minimum.position[0], route.saddle.position[0]
    left = []
    for temperature in (0.02, 0.01):
        escape = ls.Escape(entry.landscape, entry.start, entry.target, temperature=temperature)
        hamiltonian = DiffusionHamiltonian.of_noise(entry.landscape, escape.noise, temperature)
        excess = escape.exact().log_rate - line_law(hamiltonian, *ends).log_rate
        coefficient = line_correction(hamiltonian, *ends).coefficient
        left.append(excess / temperature - coefficient)
    # Extrapolated to ε = 0 nothing is left but the order after it, some ε of what was halved.
    limit = abs(2 * left[1] - left[0])
    assert limit < 0.1 * abs(left[0])
    # Negative control: a coefficient that is off by a tenth.
    assert limit < 0.05 * abs(coefficient)


def population(label_noise, n_phases=24):
    """Equidistant inputs, each with both signs of the label noise."""
    x = np.tile(2 * np.pi * np.arange(n_phases) / n_phases, 2)
    noise = np.repeat([label_noise, -label_noise], n_phases)
    return DataSet(PhaseModel(), x[None, :], np.sin(x) + noise)


DATA = population(1.0)


def exact_sgd_rate(data, rule):
    found = discrete_mean_first_passage_time(
        data.sgd_jumps(rule.learning_rate),
        *PhaseProblem.of_data(data).ends,
        batch_size=rule.batch_size,
        n_nodes=200,
    )
    return 1 / (rule.learning_rate * found.mean_steps), found.relative_error


@pytest.mark.parametrize(("batch_size", "largest"), [(1, 0.4), (2, 0.6), (3, 0.75)])
def test_sgd_falls_onto_its_law(batch_size, largest):
    """``ln(exact/law) = ε c + O(ε²)`` for SGD itself, whatever ``B``."""
    excess, left = [], []
    for eta in (largest, 0.75 * largest):
        rule = SGD(eta, batch_size)
        rate, error = exact_sgd_rate(DATA, rule)
        law = sgd_escape_law(DATA, rule, (0.0,))
        assert error < 2e-3
        excess.append(math.log(rate) - law.leading_log_rate)
        left.append(math.log(rate) - law.log_rate)
    # What the next order leaves falls as ε² does, by (3/4)² = 0.56, with room for ε³ and the
    # solver's error; negative control: without it, it falls as ε.
    assert excess[1] / excess[0] > 0.7
    assert abs(left[1]) < 0.65 * abs(left[0]) + 2e-3


def test_wrong_laws_of_sgd_are_seen():
    """Negative controls: Gaussian kicks, and the prefactor of continuous time."""
    rule = SGD(0.6, 2)
    rate, _ = exact_sgd_rate(DATA, rule)
    right = sgd_escape_law(DATA, rule, (0.0,))
    ends = right.ways[0].minimum, right.ways[0].saddle

    def variance(x):
        return np.array([[[DATA.sample_gradients((y,))[0].var()]] for y in x[:, 0]])

    gaussian = diffusion_of_field(DATA.landscape, CovarianceField(variance), rule.learning_rate / 2)
    assert line_law(gaussian, *ends).log_rate + math.log(2) - math.log(rate) > 0.5

    class Continuous(MiniBatchHamiltonian):
        @property
        def kicks_per_step(self):
            return 0

    continuous = Continuous(DATA, rule.learning_rate, rule.batch_size)
    log_rate = line_law(continuous, *ends).log_rate + math.log(2)
    log_rate += rule.learning_rate / 2 * line_correction(continuous, *ends).coefficient
    assert abs(log_rate - math.log(rate)) > 5 * abs(right.log_rate - math.log(rate))


def test_a_field_of_one_s_own_against_the_exact_rate_of_its_diffusion():
    def covariance(x):
        return (0.5 + 0.5 * np.sin(x / 2) ** 2)[..., None]

    rates = []
    for epsilon in (0.4, 0.2):
        hamiltonian = diffusion_of_field(DATA.landscape, CovarianceField(covariance), epsilon)
        log_law = line_law(hamiltonian, 0.0, math.pi).log_rate + math.log(2)
        log_law += epsilon * line_correction(hamiltonian, 0.0, math.pi).coefficient
        exact = interval_exit_time(
            lambda x: -0.5 * np.sin(x),
            lambda x, e=epsilon: 0.5 * e * covariance(x[..., None])[..., 0, 0],
            *(0.0, -2 * np.pi, 2 * np.pi),
        )
        rates.append(log_law - math.log(exact.rate))
    assert abs(rates[1]) < 0.02
    assert abs(rates[1]) < 0.4 * abs(rates[0])


def test_momentum_is_the_root():
    hamiltonian = MiniBatchHamiltonian.of_rule(DATA, SGD(0.2, 1))
    x = np.linspace(-3.0, 3.0, 40)
    p = line_momentum(hamiltonian, x)
    value = hamiltonian.along_momentum(x[:, None], p[:, None], 0)[0]
    assert np.abs(value).max() < 1e-12
    assert (np.sign(p) == np.sign(np.sin(x))).all()


ONE_SIGN = DataSet(PhaseModel(), np.array([[0.1, 0.2, 0.3, 0.4]]), np.zeros(4))
WELL = DiffusionHamiltonian.of_noise(
    ls.from_catalogue("triple-well").landscape, ls.LossProportionalNoise(0.1)
)
PLANE = DiffusionHamiltonian.of_noise(
    ls.from_catalogue("stiff-2d").landscape, ls.LossProportionalNoise(0.1)
)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: line_law(PLANE, 0.0, 1.0), "needs one dimension"),
        (lambda: line_law(WELL, -0.9, 0.0), "no minimum and saddle"),
        (lambda: line_law(WELL, 3**-0.5, 1.0), "no minimum and saddle"),
        (lambda: line_law(WELL, -1.0, 3**-0.5), "another critical point between"),
        (
            lambda: line_momentum(MiniBatchHamiltonian.of_rule(ONE_SIGN, SGD(0.1, 1)), [0.7]),
            "no kick leads uphill at 0.7",
        ),
        (
            lambda: sgd_escape_law(
                ls.gaussian_regression(dimension=1, n_samples=50), SGD(0.1, 1), (0.0,)
            ),
            "no saddle leads out",
        ),
        (
            lambda: sgd_escape_law(
                ls.rank_one_regression(signal=1.0, label_noise=1.0, n_samples=50),
                SGD(0.1, 1),
                (1.0, 1.0),
            ),
            "one parameter",
        ),
        (lambda: sgd_escape_law(DATA, SGD(5.0, 1), (0.0,)), "SGD diverges"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
