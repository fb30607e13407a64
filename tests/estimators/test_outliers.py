"""Counting outliers on spectra whose right answer is known for each rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from landscape_sim.estimators.outliers import estimate_outliers
from landscape_sim.validation import InputError


def marchenko_pastur_quantiles(n: int, ratio: float) -> np.ndarray:
    """Return the n mid-quantiles of the law of mean 1 and this ratio below 1: no chance."""
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2

    def share(x: float) -> float:
        def density(y: float) -> float:
            return np.sqrt((high - y) * (y - low)) / (2 * np.pi * ratio * y)

        return quad(density, low, x)[0]

    levels = (np.arange(n) + 0.5) / n
    return np.array([brentq(lambda x, q=q: share(x) - q, low, high) for q in levels])


BULK = marchenko_pastur_quantiles(100, 0.5)


def count(spectrum: np.ndarray, n_given: int | None = None) -> dict[str, tuple[int, bool]]:
    band = estimate_outliers(
        np.sort(spectrum)[::-1][:n_given],
        trace=float(spectrum.sum()),
        trace_of_square=float((spectrum**2).sum()),
        dimension=spectrum.size,
    )
    return {e.rule: (e.n_outliers, e.is_lower_bound) for e in band.estimates}


@pytest.mark.parametrize("n_spikes", [0, 1, 3, 7])
def test_the_bulk_edge_counts_spikes_above_a_marchenko_pastur_bulk(n_spikes):
    spectrum = np.concatenate([BULK, np.linspace(4.0, 9.0, n_spikes)])
    counted = count(spectrum).get("bulk-edge", (0, False))
    assert counted == (n_spikes, False)


def test_the_bulk_edge_allows_for_the_zeros_of_fewer_samples_than_parameters():
    # N = 100 samples, P = 1000: the law of ratio 10 is that of ratio 1/10, ten times as
    # large, and 900 zeros. Its edge is at (1 + sqrt(10))² = 17.3.
    bulk = 10 * marchenko_pastur_quantiles(100, 0.1)
    spectrum = np.concatenate([bulk, np.zeros(900), [25.0, 30.0]])
    assert count(spectrum)["bulk-edge"] == (2, False)


def test_above_an_eigenvalue_of_zero_the_gap_is_infinite():
    assert count(np.array([3.0, 2.0, 0.5, 0.0, 0.0, 0.0]))["largest-gap"] == (3, False)


def test_outliers_that_widen_the_law_over_themselves_leave_the_bulk_edge_out():
    assert "bulk-edge" not in count(np.array([8.0, 8.0, 4.0, 0.5, 0.5, 0.5, 0.5, 0.0]))


def test_every_other_rule_on_a_spectrum_that_can_be_done_by_hand():
    spectrum = np.array([8.0, 8.0, 4.0, 0.5, 0.5, 0.5, 0.5, 0.4])
    # Trace 22.4, squares 145.16: 22.4²/145.16 = 3.5; 20 < 0.9 × 22.4 < 20.5; 0.1 × 8 = 0.8.
    assert count(spectrum) == {
        "largest-gap": (3, False),
        "participation": (3, False),
        "tenth-of-largest": (3, False),
        "trace-share": (4, False),
    }


def test_the_curvature_is_the_mean_of_the_outliers_that_of_the_paper_the_largest():
    spectrum = np.array([20.0, 5.0, 4.0, 3.0, 1.0, 1.0])
    band = estimate_outliers(spectrum, trace=34.0, trace_of_square=452.0, dimension=6)
    for estimate in band.estimates:
        n = estimate.n_outliers
        expected = 20.0 if estimate.rule == "participation" else spectrum[:n].mean()
        assert estimate.outlier_curvature == pytest.approx(expected)
    assert band.n_range == (1, 4)
    assert band.curvature_range == (8.0, 20.0)


def test_a_rule_that_needs_more_eigenvalues_says_so():
    spectrum = np.ones(50)
    counted = count(spectrum, n_given=5)
    assert counted["participation"] == (5, True)
    assert counted["trace-share"] == (5, True)
    assert counted["tenth-of-largest"] == (5, True)
    # All eigenvalues given: the same counts are no bounds.
    assert count(spectrum)["participation"] == (50, False)


def test_the_order_and_the_scale_of_the_eigenvalues_do_not_matter():
    spectrum = np.concatenate([BULK, [5.0, 6.0, 7.0]])
    shuffled = np.random.default_rng(0).permutation(spectrum)
    assert count(spectrum) == count(1e-6 * shuffled)


@pytest.mark.parametrize(
    ("values", "changes", "message"),
    [
        ([1.0], {}, "need 2 to 10 finite eigenvalues, got 1"),
        ([1.0, np.nan], {}, "finite eigenvalues"),
        ([0.0, -1.0], {}, "no positive outlier"),
        ([3.0, 2.0], {"trace_of_square": 12.0}, "trace_of_square 12 is less"),
        ([3.0, 2.0], {"dimension": 1}, "dimension must be an integer of at least 2"),
    ],
)
def test_spectra_that_cannot_be_are_refused(values, changes, message):
    moments = {"trace": 6.0, "trace_of_square": 14.0, "dimension": 10} | changes
    with pytest.raises(InputError, match=message):
        estimate_outliers(values, **moments)
