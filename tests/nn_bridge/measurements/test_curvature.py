"""The curvature as one result, against dense matrices."""

from __future__ import annotations

import matplotlib.figure
import numpy as np
import pytest
import torch
from curved_networks import CASES, RNG, brute_gauss_newton, brute_hessian
from scipy.sparse.linalg import aslinearoperator
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature import gauss_newton
from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.gauss_newton import BY_GRAM, BY_LANCZOS, gauss_newton_eigenvalues
from nn_bridge.curvature.spectral_density import spectral_density
from nn_bridge.measurements.curvature import curvature_at, measure_curvature
from nn_bridge.measurements.curvature_settings import ChosenSpectrum, CurvatureSettings
from nn_bridge.training.sgd import SgdSettings


@pytest.mark.parametrize("case", ["perceptron, mean-square", "convolutional"])
def test_spectrum_of_a_network_against_the_dense_one(case):
    network, data, loss = CASES[case]
    settings = ChosenSpectrum(n_eigenvalues=5, n_probes=20, n_steps=20, seed=1)
    found = curvature_at(network, data, SgdSettings(0.1, 2, loss), settings)
    exact = np.linalg.eigvalsh(brute_hessian(network, data, loss))
    for (estimate, error), moment in (
        (found.density.trace, exact.sum()),
        (found.density.trace_of_square, (exact**2).sum()),
    ):
        # Five standard errors of 20 probes: Student's t fails once in 12,000; the seed is fixed.
        assert abs(estimate - moment) < 5 * error
    dataset = found.to_dataset()
    assert dataset.attrs["dimension"] == exact.size
    assert float(dataset["density"].integrate("grid")) == pytest.approx(1, abs=0.02)
    row = found.rule_rows()[0]
    temperature = 0.1 * row["h*"] / 2 * (24 - 2) / (24 - 1)
    assert row["exponent"] == pytest.approx(1 / temperature + 1 - row["n"] / 2)
    assert found.exponent_range[0] <= row["exponent"] <= found.exponent_range[1]


def test_quadrature_is_exact_with_as_many_steps_as_eigenvalues():
    matrix = RNG.standard_normal((30, 30))
    matrix = matrix @ matrix.T
    known = top_eigenpairs(aslinearoperator(matrix), 4)
    result = spectral_density(aslinearoperator(matrix), known, n_probes=4, n_steps=26, seed=5)
    rest = np.linalg.eigvalsh(matrix)[:-4]
    assert result.lowest_node == pytest.approx(rest[0], abs=1e-9 * known.values[0])
    for nodes in result.nodes:
        np.testing.assert_allclose(np.sort(nodes), rest, atol=1e-9 * known.values[0])
    generator = np.random.default_rng(5)
    expected = []
    for _ in range(4):
        signs = generator.choice([-1.0, 1.0], size=30)
        signs -= known.vectors @ (known.vectors.T @ signs)
        expected.append(signs @ matrix @ matrix @ signs)
    total = np.mean(expected) + np.sum(known.values**2)
    assert result.trace_of_square[0] == pytest.approx(total, rel=1e-9)
    with pytest.raises(InputError, match="n_steps 27 is beyond the 26 unknown"):
        spectral_density(aslinearoperator(matrix), known, n_steps=27)


def test_an_invariant_subspace_ends_the_iteration():
    matrix = np.diag(np.repeat([5.0, 1.0, 0.0], [2, 10, 18]))
    known = top_eigenpairs(aslinearoperator(matrix), 2)
    result = spectral_density(aslinearoperator(matrix), known, n_steps=20)
    assert result.trace == (pytest.approx(20.0), pytest.approx(0.0, abs=1e-9))


GAUSS_NEWTON = {
    "perceptron, mean-square": BY_GRAM,
    "perceptron, one output": BY_GRAM,
    "convolutional": BY_GRAM,
    # Another matrix between the Jacobians, and samples that depend on one another.
    "perceptron, cross-entropy": BY_LANCZOS,
    "ghost batch norm": BY_LANCZOS,
}


@pytest.mark.parametrize("case", GAUSS_NEWTON)
def test_gauss_newton_outliers_are_those_of_the_dense_matrix_by_either_way(case, monkeypatch):
    network, data, loss = CASES[case]
    expected = np.linalg.eigvalsh(brute_gauss_newton(network, data, loss))[::-1][:6]
    values, method = gauss_newton_eigenvalues(network, data, loss, 6)
    assert method == GAUSS_NEWTON[case]
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)
    monkeypatch.setattr(gauss_newton, "_MOST_ROWS", 1)
    values, method = gauss_newton_eigenvalues(network, data, loss, 6)
    assert method == BY_LANCZOS
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)


def test_more_eigenvalues_than_outputs_are_zero():
    network, data, loss = CASES["perceptron, one output"]
    few = data.first(5)
    values, method = gauss_newton_eigenvalues(network, few, loss, 8)
    assert method == BY_GRAM
    expected = np.linalg.eigvalsh(brute_gauss_newton(network, few, loss))[::-1][:8]
    np.testing.assert_allclose(values, expected, atol=1e-12)
    assert values[5:].tolist() == [0.0, 0.0, 0.0]


def test_a_frozen_parameter_has_no_part_in_either_matrix():
    network, data, loss = CASES["perceptron, one output"]
    network[1].weight.requires_grad_(False)
    try:
        values, method = gauss_newton_eigenvalues(network, data, loss, 3)
    finally:
        network[1].weight.requires_grad_(True)
    assert method == BY_LANCZOS
    assert values[0] < gauss_newton_eigenvalues(network, data, loss, 3)[0][0]


def test_a_rule_that_would_count_more_than_was_computed_predicts_nothing():
    network, data, loss = CASES["perceptron, mean-square"]
    settings = ChosenSpectrum(n_eigenvalues=2, n_probes=20, n_steps=20, seed=0)
    found = curvature_at(network, data, SgdSettings(0.1, 2, loss), settings)
    rows = {row["rule"]: row for row in found.rule_rows()}
    assert "trace-share" in found.open_rules
    for row in rows.values():
        assert (row["exponent"] is None) == row["is_lower_bound"]
    known = [row["exponent"] for row in rows.values() if not row["is_lower_bound"]]
    assert found.exponent_range == (min(known), max(known))
    assert "to ≥ 2" in found.describe_band()
    # Negative control: with all of them computed nothing is open.
    settings = ChosenSpectrum(n_eigenvalues=40, n_probes=20, n_steps=20, seed=0)
    found = curvature_at(network, data, SgdSettings(0.1, 2, loss), settings)
    assert found.open_rules == []
    assert "≥" not in found.describe_band()


def test_the_result_has_tables_figure_and_the_steps_on_the_way(tmp_path):
    network, data, loss = CASES["perceptron, mean-square"]
    steps = []
    settings = CurvatureSettings(n_eigenvalues=5, n_probes=4, n_steps=10)
    sgd = SgdSettings(0.1, 2, loss)
    measured = measure_curvature(network, data, sgd, settings, progress=steps.append)
    assert measured.table("eigenvalues")["rank"].tolist() == [1, 2, 3, 4, 5]
    assert measured.table()["n"].tolist() == [row["n"] for row in measured.curvature.rule_rows()]
    assert measured.provenance.settings["batch_size"] == 2
    left, right = matplotlib.figure.Figure().subplots(1, 2)
    assert measured.plot(axes=(left, right)) is left.figure
    assert right.get_ylabel() == "density"
    density = [step for step in steps if step.part == "spectral density"]
    assert (density[-1].done, density[-1].total) == (40, 40)


def test_ctrl_c_after_the_eigenvalues_returns_them(tmp_path):
    network, data, loss = CASES["perceptron, mean-square"]

    def stop(step):
        if step.part == "spectral density":
            raise KeyboardInterrupt

    settings = CurvatureSettings(n_eigenvalues=5)
    sgd = SgdSettings(0.1, 2, loss)
    found = measure_curvature(network, data, sgd, settings, out=tmp_path / "c", progress=stop)
    assert not found.is_complete
    assert found.table().columns.tolist() == ["rank", "eigenvalue", "residual"]
    assert (tmp_path / "c" / "eigenvalues.csv").exists()
    assert (tmp_path / "c" / "eigenvalues.png").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_probes": 3}, "n_probes must be an integer of at least 4"),
        ({"n_steps": 0}, "n_steps must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_settings_are_checked_when_they_are_made(given, message):
    with pytest.raises(InputError, match=message):
        CurvatureSettings(**given)


def test_a_small_network_gets_what_it_has_and_no_more_is_promised(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    data = torch.randn(24, 3), torch.randn(24)
    sgd = SgdSettings(0.1, 6)
    found = measure_curvature(network, data, sgd)
    assert len(found.table("eigenvalues")) == 20
    for settings, message in (
        (CurvatureSettings(n_eigenvalues=40), "n_eigenvalues 40 must be below the 21 parameters"),
        (CurvatureSettings(4, n_steps=99), "n_steps 99 is beyond the 17 eigenvalues"),
    ):
        with pytest.raises(InputError, match=message):
            measure_curvature(network, data, sgd, settings, out=tmp_path / "o")
    assert list(tmp_path.iterdir()) == []
