from __future__ import annotations

import pytest

from landscape_sim.comparison.network.prediction import predict_exponents
from landscape_sim.estimators.outliers import OutlierBand, OutlierEstimate
from landscape_sim.validation import InputError


def test_each_rule_predicts_by_its_own_number_and_size():
    band = OutlierBand((OutlierEstimate("a", 1, 4.0, False), OutlierEstimate("b", 30, 1.0, True)))
    few, many = predict_exponents(band, learning_rate=0.5, batch_size=2)
    # B/(η h*) = 1 and 4 by hand; stability is a matter of the largest curvature for both.
    assert (few.exponent, few.critical_dimension, few.is_stable) == (1.5, 4.0, True)
    assert (many.exponent, many.critical_dimension, many.is_stable) == (-10.0, 4.0, False)
    assert [p.outliers for p in (few, many)] == list(band.estimates)


def test_sgd_without_a_step_predicts_nothing():
    band = OutlierBand((OutlierEstimate("a", 1, 4.0, False),))
    with pytest.raises(InputError, match="learning_rate must be a positive"):
        predict_exponents(band, learning_rate=0.0, batch_size=2)


def test_batches_without_replacement_have_less_noise():
    band = OutlierBand((OutlierEstimate("a", 1, 4.0, False),))
    (found,) = predict_exponents(band, learning_rate=0.5, batch_size=60, n_samples=100)
    # T = η h*/B (N − B)/(N − 1), by hand.
    assert found.temperature == pytest.approx(0.5 * 4.0 / 60 * 40 / 99, rel=1e-14)
    assert found.exponent == pytest.approx(1 / found.temperature + 0.5, rel=1e-14)
    assert predict_exponents(band, learning_rate=0.5, batch_size=100, n_samples=100) == ()
    with pytest.raises(InputError, match="batch_size 101 must be below the 100 samples"):
        predict_exponents(band, learning_rate=0.5, batch_size=101, n_samples=100)
