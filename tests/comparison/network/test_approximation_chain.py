"""Every rung of the chain beside a plain loop, and the noise beside the matrix it never forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from landscape_sim.comparison.network.approximation_chain import RUNGS, ChainProblem
from landscape_sim.comparison.network.gaussian_chain import (
    DecoupledNoise,
    Ensemble,
    MomentNoise,
    SampleNoise,
    sample_noise,
    simulate_chain,
)
from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.validation import InputError

N_SAMPLES, ETA, BATCH, C = 40, 0.3, 2, 1.3
#: False alarm 1e-5 for each comparison; seeds are fixed.
Z = 4.4


def skewed_regression(seed=0):
    """Return features and residuals at a minimum, with heavy kicks and correlated losses."""
    generator = np.random.default_rng(seed)
    psi = generator.standard_normal((2, N_SAMPLES)) * np.array([[1.2], [0.7]])
    r = generator.standard_normal(N_SAMPLES) * (0.4 + psi[0] ** 2)
    return psi, r - np.linalg.lstsq(psi.T, r, rcond=None)[0] @ psi


def z_score(first, second):
    spread = math.hypot(*(s.times.std(ddof=1) / math.sqrt(s.times.size) for s in (first, second)))
    return abs(first.times.mean() - second.times.mean()) / spread


class Times:
    def __init__(self, times):
        self.times = np.array(times)


def plain_times(name, psi, r, threshold, n_paths, seed=7):
    """Return passage times by loops over paths and steps, with every matrix written out."""
    generator, times = np.random.default_rng(seed), []
    n, loss = r.size, 0.5 * np.mean(r**2)
    hessian = psi @ psi.T / n
    step = ETA if name in ("tangent", "at-rest", "independent", "gaussian") else ETA / 60
    for _ in range(n_paths):
        x, k, order = np.zeros(2), 0, []
        while 0.5 * np.mean((r + x @ psi) ** 2) < threshold * loss:
            k += 1
            if name in ("tangent", "at-rest"):
                order = order if len(order) >= BATCH else list(generator.permutation(n))
                batch, order = order[:BATCH], order[BATCH:]
            elif name == "independent":
                batch = generator.integers(n, size=BATCH)
            else:
                errors = r + x @ psi
                gradients, mean = errors * psi, errors @ psi.T / n
                covariance = gradients @ gradients.T / n
                if name in ("gaussian", "diffusion"):
                    covariance -= np.outer(mean, mean)
                elif name == "decoupled":
                    covariance = np.mean(errors**2) * hessian
                root = np.linalg.cholesky(covariance * step * ETA / BATCH)
                x = x - step * mean + root @ generator.standard_normal(2)
                continue
            x = x - ETA * ((r + x @ psi)[batch] * psi[:, batch]).mean(axis=1)
        times.append(k * step)
    return Times(times)


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_every_rung_is_what_a_plain_loop_says(rung):
    psi, r = skewed_regression()
    problem = ChainProblem(TangentModel.of_features(psi, r), ETA, BATCH, (C,), 2000, 1e3)
    (sample,) = rung.run(problem, 1)
    is_slow = rung.name in ("diffusion", "second-moment", "decoupled")
    plain = plain_times(rung.name, psi, r, C, 120 if is_slow else 800)
    assert not sample.n_censored
    assert z_score(sample, plain) < Z


def test_the_rungs_differ_so_that_none_stands_for_another():
    psi, r = skewed_regression()
    problem = ChainProblem(TangentModel.of_features(psi, r), ETA, BATCH, (1.1, 1.6, 2.2), 3000, 1e3)
    samples = {rung.name: rung.run(problem, 1) for rung in RUNGS}
    # At a minimum the first two are the same process, of the same random numbers.
    assert (samples["tangent"][1].times == samples.pop("at-rest")[1].times).all()
    for (name, first), (other, second) in itertools.combinations(samples.items(), 2):
        assert max(map(z_score, first, second)) > Z, (name, other)


@pytest.mark.parametrize("exact", [SampleNoise, MomentNoise])
def test_normal_kicks_have_the_covariance_of_the_samples(exact):
    psi, r = skewed_regression()
    model = TangentModel.of_features(psi, r)
    place, n = (0.4, -0.3), 40_000
    paths = Ensemble(model, np.tile(place, (n, 1)))
    kicks = exact().kicks(paths, np.random.default_rng(0))
    expected = model.data.noise_covariance(place, 1, with_replacement=True)
    found = kicks.T @ kicks / n
    error = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / n)
    assert (np.abs(found - expected) < Z * error).all()
    gradient = np.array(model.bowl.gradient(place))
    # Negative control: the mean is far from nothing here.
    assert (np.abs(found - expected - np.outer(gradient, gradient)) > Z * error).any()
    for noise, matrix in (
        (exact(), expected),
        (exact(is_centred=False), expected + np.outer(gradient, gradient)),
        (DecoupledNoise(), 2 * model.bowl.loss(place) * np.diag(model.curvatures)),
    ):
        assert noise.climbing(paths)[0] == pytest.approx(gradient @ matrix @ gradient, rel=1e-5)


def test_the_polynomial_is_the_sum_over_the_samples():
    generator = np.random.default_rng(3)
    psi, r = generator.standard_normal((5, 300)), generator.standard_normal(300)
    model = TangentModel.of_features(psi, r)
    positions = 3 * generator.standard_normal((7, 5))
    found = model.gradient_moments.at(positions)
    for position, matrix in zip(positions, found, strict=True):
        gradients = model.data.sample_gradients(tuple(position))
        plain = gradients @ gradients.T / 300
        assert np.abs(matrix - plain).max() < 1e-12 * np.abs(plain).max()
    # What costs less is taken: here these are 315 numbers beside 1500, below beside 40.
    assert isinstance(sample_noise(model), MomentNoise)
    few = TangentModel.of_features(psi[:, :8], r[:8])
    assert isinstance(sample_noise(few), SampleNoise)


def test_noise_of_samples_and_of_the_polynomial_are_one_process():
    psi, r = skewed_regression()
    model = TangentModel.of_features(psi, r)
    first, second, other = (
        simulate_chain(
            *(model, noise, [C * model.loss]), noise_scale=ETA / BATCH, time_step=ETA,
            is_diffusion=False, n_paths=4000, max_time=1e3, seed=seed,
        )[0]
        for seed, noise in enumerate((SampleNoise(), MomentNoise(), DecoupledNoise()))
    )  # fmt: skip
    assert z_score(first, second) < Z
    assert z_score(first, other) > Z


def test_a_covariance_without_a_rank_has_a_root():
    """Two of five samples have an error: no kick leads anywhere else."""
    psi = np.array(
        [[1.0, 0.0, 2.0, 1.0, 3.0], [0.0, 1.0, 1.0, 2.0, 0.0], [1.0, 1.0, 0.0, 1.0, 2.0]]
    )
    model = TangentModel.of_features(psi, [0.5, -0.5, 0.0, 0.0, 0.0])
    at_start = Ensemble(model, np.tile(model.start, (500, 1)))
    kicks = MomentNoise(is_centred=False).kicks(at_start, np.random.default_rng(0))
    assert np.linalg.matrix_rank(kicks, tol=1e-6) == 2


def test_the_decoupled_equation_has_the_exact_radial_time():
    generator = np.random.default_rng(0)
    psi = np.linalg.qr(generator.standard_normal((400, 2)))[0].T * 20  # h = 1, twice
    r = generator.standard_normal(400)
    model = TangentModel.of_features(psi, r - r @ psi.T @ psi / 400)
    loss, temperature, levels = model.loss, 0.3, (1.5, 2.5)
    samples = simulate_chain(
        model, DecoupledNoise(), [c * loss for c in levels], noise_scale=temperature,
        time_step=0.01, is_diffusion=True, n_paths=4000, max_time=1e3, seed=0,
    )  # fmt: skip
    bowl = QuadraticBowl.isotropic(loss, 1.0, 2)
    for c, sample in zip(levels, samples, strict=True):
        radius = (2 * loss * (c - 1)) ** 0.5
        exact = radial_mean_first_passage_time(
            bowl, LossProportionalNoise(temperature), radius
        ).mean_time
        error = sample.times.std() / math.sqrt(sample.times.size)
        # Plus what steps of 0.01 take off.
        assert abs(sample.times.mean() - exact) < Z * error + 0.01 * exact
        # Negative control: no shift of the level, which would be right for steps of that size.
        assert sample.times.mean() < exact * 1.06


def test_a_start_off_the_minimum_keeps_loss_and_gradient():
    generator = np.random.default_rng(1)
    psi, r = generator.standard_normal((3, 30)), generator.standard_normal(30)
    model = TangentModel.of_features(psi, r)
    assert model.loss == pytest.approx(0.5 * np.mean(r**2))
    slope = np.linalg.norm(model.bowl.gradient(model.start))
    assert slope == pytest.approx(np.linalg.norm(psi @ r / 30))
    assert model.data.residuals(model.start) == pytest.approx(r)


def test_a_start_off_the_minimum_is_a_rung_of_its_own():
    psi, r = skewed_regression()
    shifted = TangentModel.of_features(psi, r + np.array([0.5, 0.3]) @ psi)
    problem = ChainProblem(shifted, ETA, BATCH, (C,), 2000, 1e3)
    tangent, at_rest = (rung.run(problem, 1)[0] for rung in RUNGS[:2])
    at_minimum = ChainProblem(TangentModel.of_features(psi, r), ETA, BATCH, (C,), 2000, 1e3)
    assert at_rest.times == pytest.approx(RUNGS[1].run(at_minimum, 1)[0].times)
    assert shifted.loss > 1.05 * shifted.at_rest().loss
    # The slope carries it to lower losses before it comes back.
    assert z_score(tangent, at_rest) > Z
    assert tangent.times.mean() > at_rest.times.mean()


def test_a_direction_without_features_is_left_out():
    psi, r = skewed_regression()
    model = TangentModel.of_features(np.vstack([psi, 0 * psi[:1]]), r)
    assert len(model.curvatures) == 2


@pytest.mark.parametrize(
    ("features", "residuals", "named"),
    [
        (np.ones((2, 5)), np.ones(4), "shape"),
        (np.ones((65, 100)), np.ones(100), "more than 64"),
        (np.zeros((1, 5)), np.ones(5), "no prediction"),
        ([[1.0, math.nan]], [1.0, 1.0], "finite"),
    ],
)
def test_what_is_no_tangent_model_is_refused(features, residuals, named):
    with pytest.raises(InputError, match=named):
        TangentModel.of_features(features, residuals)


@pytest.mark.parametrize("thresholds", [(), (0.9,), (2.0, 1.5), (math.inf,)])
def test_thresholds_that_do_not_rise_are_refused(thresholds):
    with pytest.raises(InputError, match="thresholds"):
        ChainProblem(TangentModel.of_features(*skewed_regression()), 0.1, 1, thresholds, 10, 1.0)
