"""The power-law exponent that a measured spectrum predicts, once for each rule of counting."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.estimators.outliers import OutlierBand, OutlierEstimate
from landscape_sim.theory.power_law import effective_temperature, power_law_exponent
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class RulePrediction:
    """What one rule's ``n`` and ``h*`` predict.

    Attributes
    ----------
    outliers : OutlierEstimate
    temperature : float
        ``T = η h*/B``, with ``(N − B)/(N − 1)`` where that was asked for.
    exponent : float
        ``B/(η h*) + 1 − n/2`` of ``L*/L^s``.
    critical_dimension : float
        ``n_c = 2 (B/(η h_max) + 1)``, Eq. (16), with the largest ``h*`` of any rule for ``h_max``.
    """

    outliers: OutlierEstimate
    temperature: float
    exponent: float
    critical_dimension: float

    @property
    def is_stable(self) -> bool:
        """Whether ``n < n_c``: only then does SGD stay in the minimum at all."""
        return self.outliers.n_outliers < self.critical_dimension


def independent_batch_size(batch_size: float, n_samples: int | None) -> float:
    """Return the ``B`` that has as much noise if its samples are drawn with replacement.

    ``B (N − 1)/(N − B)`` for ``B`` of ``N`` samples without replacement.

    Raises
    ------
    InputError
        If ``B`` is not below ``N``: then there is no noise.

    Examples
    --------
    >>> independent_batch_size(100, 199)
    200.0
    """
    if n_samples is None:
        return batch_size
    if not batch_size < n_samples:
        raise InputError(f"batch_size {batch_size:g} must be below the {n_samples} samples")
    return batch_size * (n_samples - 1) / (n_samples - batch_size)


def predict_exponents(
    band: OutlierBand, *, learning_rate: float, batch_size: float, n_samples: int | None = None
) -> tuple[RulePrediction, ...]:
    """Return the predicted exponents of Eq. (15), one for each rule of ``band``.

    Their range is the uncertainty of the predicted exponent.

    Parameters
    ----------
    band : OutlierBand
    learning_rate, batch_size : float
        ``η`` and ``B``.
    n_samples : int, optional
        ``N``, of which the batches are drawn without replacement: the noise, and ``T``, have the
        factor ``(N − B)/(N − 1)``. None: with replacement, or of very many.

    Returns
    -------
    tuple of RulePrediction
        None where a batch is all samples: there is no noise, and nothing to predict.

    Raises
    ------
    InputError
        If learning rate or batch size is not positive, or ``B > N``.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eqs. (15) and
    (16).

    Examples
    --------
    >>> band = OutlierBand((OutlierEstimate("largest-gap", 2, 4.0, False),))
    >>> (prediction,) = predict_exponents(band, learning_rate=0.1, batch_size=2)
    >>> prediction.exponent, prediction.critical_dimension, prediction.is_stable
    (5.0, 12.0, True)
    """
    if n_samples is not None and batch_size == n_samples:
        return ()
    batch_size = independent_batch_size(batch_size, n_samples)
    strongest = effective_temperature(learning_rate, batch_size, band.curvature_range[1])
    predictions = []
    for estimate in band.estimates:
        temperature = effective_temperature(learning_rate, batch_size, estimate.outlier_curvature)
        predictions.append(
            RulePrediction(
                outliers=estimate,
                temperature=temperature,
                exponent=power_law_exponent(temperature, estimate.n_outliers),
                critical_dimension=critical_dimension(strongest),
            )
        )
    return tuple(predictions)
