"""From first-passage times to rates, exponents and verdicts; SciPy loads when first needed."""

from landscape_sim.estimators.exponent import ExponentFit, fit_exponent, log_log_exponent
from landscape_sim.estimators.laws import LawComparison, compare_laws
from landscape_sim.estimators.poisson_regression import PoissonFit
from landscape_sim.estimators.rate import estimate_rate
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
    "ExponentFit",
    "ExponentialityTest",
    "LawComparison",
    "PoissonFit",
    "StepExtrapolation",
    "SurvivalCurve",
    "compare_laws",
    "estimate_rate",
    "exponentiality_test",
    "extrapolate_to_zero_step",
    "fit_exponent",
    "log_log_exponent",
    "survival_curve",
]
