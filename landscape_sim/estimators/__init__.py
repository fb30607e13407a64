"""From first-passage times to rates, exponents and verdicts; SciPy loads when first needed."""

from landscape_sim.estimators.autocorrelation import (
    AutocorrelationError,
    effective_sample_size,
    integrated_autocorrelation_time,
)
from landscape_sim.estimators.exponent import ExponentFit, fit_exponent, log_log_exponent
from landscape_sim.estimators.laws import LawComparison, compare_laws
from landscape_sim.estimators.noise_exponent import NoiseExponentFit, fit_noise_exponent
from landscape_sim.estimators.outliers import OutlierBand, OutlierEstimate, estimate_outliers
from landscape_sim.estimators.poisson_regression import PoissonFit
from landscape_sim.estimators.quadratic_valley import QuadraticValleyFamily
from landscape_sim.estimators.rate import estimate_rate
from landscape_sim.estimators.stationary_exponent import (
    StationaryExponentFit,
    fit_stationary_exponent,
)
from landscape_sim.estimators.step_extrapolation import (
    StepExtrapolation,
    extrapolate_to_zero_step,
)
from landscape_sim.estimators.survival import (
    ExponentialityTest,
    SurvivalCurve,
    exponentiality_test,
    survival_curve,
)

__all__ = [
    "AutocorrelationError",
    "ExponentFit",
    "ExponentialityTest",
    "LawComparison",
    "NoiseExponentFit",
    "OutlierBand",
    "OutlierEstimate",
    "PoissonFit",
    "QuadraticValleyFamily",
    "StationaryExponentFit",
    "StepExtrapolation",
    "SurvivalCurve",
    "compare_laws",
    "effective_sample_size",
    "estimate_outliers",
    "estimate_rate",
    "exponentiality_test",
    "extrapolate_to_zero_step",
    "fit_exponent",
    "fit_noise_exponent",
    "fit_stationary_exponent",
    "integrated_autocorrelation_time",
    "log_log_exponent",
    "survival_curve",
]
