"""How fast does SGD leave a minimum? Formula, exact solution and simulation, side by side.

Names load when first used, so importing the package is instant.

>>> import landscape_sim as ls
>>> well = ls.QuarticDoubleWell.from_loss_ratio(loss_ratio=5.0, barrier=1.0)
>>> escape = ls.Escape(well, start=(-1.0,), target=(1.0,), learning_rate=0.02, batch_size=1)
>>> round(escape.formula().rate / escape.exact().rate, 3)
0.97
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ROOM_OF = {
    "landscapes": (
        *("Ball", "CatalogueEntry", "CriticalPoint", "EscapeRoute", "HalfSpace", "KnownPoint"),
        *("Landscape", "OutlierSection", "QuarticDoubleWell", "SeparableDoubleWell"),
        *("TiltedDoubleWell", "catalogue", "escape_target", "find_critical_points"),
        *("find_escape_route", "from_catalogue", "Outside", "QuadraticBowl"),
        *("Periodic", "Reflected", "Walls", "Wrapped", "reflected_passage"),
    ),
    "dynamics": (
        *("ConstantHessianAlignedNoise", "ConstantNoise", "EulerMaruyama", "HessianAlignedNoise"),
        *("LeimkuhlerMatthews", "LossProportionalNoise", "Milstein", "TimeChangedEuler"),
    ),
    "dynamics.noise_registry": ("register_noise",),
    "dynamics.scheme_registry": ("register_scheme",),
    "dynamics.sgd": ("GaussianLabelNoise", "HeavyBallSGD", "SGD", "StableLabelNoise"),
    "models": (
        *("DataLandscape", "DataSet", "LinearModel", "LossLevel", "PhaseModel"),
        *("RankOneModel", "TwoPhaseModel", "gaussian_regression", "phase_regression"),
        "rank_one_regression",
    ),
    "ensembles.sgd": ("sample_sgd_stationary", "simulate_sgd_first_passage"),
    "ensembles": (
        *("EscapePath", "sample_escape_paths", "sample_stationary"),
        *("simulate", "simulate_first_passage"),
    ),
    "rare_events.rare_escape": ("simulate_rare_escape",),
    "rare_events.splitting": ("splitting_escape_rate",),
    "rare_events.splitting_detail": ("SplittingDetail",),
    "rare_events.heights": ("committor_score", "loss_then_progress", "potential_then_progress"),
    "rare_events.scores": ("progress_along",),
    "theory.power_law": (
        *("PowerLawRate", "effective_temperature", "power_law_escape_rate", "power_law_exponent"),
    ),
    "theory.stability": ("critical_dimension", "critical_learning_rate"),
    "theory.arrhenius": ("ArrheniusRate", "eyring_kramers_rate", "frozen_noise_diffusion"),
    "theory.stationary": (
        *("ValleyDensity", "discrete_log_loss_growth_rate", "log_loss_growth_rate"),
        *("stationary_exponent", "time_changed_stationary_exponent"),
    ),
    "theory.one_dimensional_family": ("OneDimensionalFamily",),
    "exact.passage": ("mean_first_passage_time",),
    "exact.line.passage": ("PassageTime",),
    "exact.plane.passage": ("PlanePassageTime",),
    "exact.plane.committor": ("PlaneCommittor", "plane_committor"),
    "exact.plane.reactive_current": ("ReactiveCurrent", "plane_reactive_current"),
    "exact.plane.distribution": ("PassageDistribution", "passage_time_distribution"),
    "exact.plane.splitting_probabilities": (
        *("SplittingProbabilities", "splitting_probabilities"),
    ),
    "exact.plane.quasi_stationary": (
        *("PlaneQuasiStationaryDistribution", "plane_quasi_stationary_distribution"),
    ),
    "exact.update.transition": (
        *("DiscreteLaw", "DiscretePassage"),
        *("discrete_mean_first_passage_time", "discrete_stationary_law"),
    ),
    "exact.plane_update.passage": ("plane_discrete_mean_first_passage_time",),
    "exact.update.stationary_mean": ("StationaryMean", "discrete_stationary_mean"),
    "exact.line.interval": ("interval_exit_time",),
    "exact.update.landing_law": ("gaussian_law",),
    "exact.update.random_recursion": (
        "RecursionTail",
        "gaussian_regression_tail",
        "recursion_tail",
    ),
    "exact.line.regression_radial": ("regression_passage_time",),
    "large_deviations.diffusion": ("DiffusionHamiltonian", "diffusion_of_field"),
    "large_deviations.covariance": ("CovarianceField",),
    "large_deviations.mini_batch": ("MiniBatchHamiltonian",),
    "large_deviations.level_law": ("LevelLaw", "level_law"),
    "large_deviations.instanton": ("Instanton", "find_instantons"),
    "large_deviations.line_law": ("LineLaw", "line_law"),
    "large_deviations.line_correction": ("Correction", "line_correction"),
    "large_deviations.sgd_law": ("SgdEscapeLaw", "sgd_escape_law"),
    "comparison.bowl.study": ("BowlStudy",),
    "comparison.bowl.run": ("BowlResult", "run_bowl_study"),
    "comparison.sgd.study": (
        *("ApproximationSetting", "ApproximationStudy", "PassageStudy", "StationaryStudy"),
    ),
    "comparison.sgd.run": ("SgdResult", "run_sgd_study"),
    "estimators": (
        *("compare_laws", "estimate_rate", "exponentiality_test", "extrapolate_to_zero_step"),
        *("fit_exponent", "log_log_exponent", "survival_curve"),
        *("AutocorrelationError", "QuadraticValleyFamily", "StationaryExponentFit"),
        *("effective_sample_size", "fit_stationary_exponent", "integrated_autocorrelation_time"),
    ),
    "comparison.escapes.setting": ("Setting",),
    "comparison.escapes.study": ("Study",),
    "comparison.escapes.families": (
        *("CatalogueFamily", "FormulaFamily", "QuarticFamily", "SeparableFamily"),
        "TiltedFamily",
    ),
    "comparison.case_store": ("CaseStore",),
    "comparison.warm_up": ("MachineCode", "warm_up"),
    "comparison.escapes.plan": ("StudyPlan", "plan_study"),
    "comparison.escapes.run": ("run_study",),
    "comparison.escapes.result": ("StudyResult",),
    "comparison.escapes.stored_study": (
        *("StoredStudy", "draw_study", "merge_studies", "read_study"),
    ),
    "workers.workers": ("Workers",),
    "plots.rates": ("plot_rates",),
    "plots.landscape": ("plot_escape",),
    "plots.survival": ("LabelledCurve", "plot_survival"),
    "plots.committor": ("plot_committor",),
    "plots.quasi_stationary": ("plot_quasi_stationary",),
    "results": (
        *("ConfidenceInterval", "FirstPassageSample", "Rate", "RateEstimate", "RateInterval"),
        "StationarySample",
    ),
    "escape.escape": ("Escape",),
    "escape.picture": ("Pictures", "draw_pictures"),
    "escape.rates": ("RateTable", "rates"),
    "escape.registry": ("Method", "register_method"),
    "ensembles.accurate_rate": ("StepLadder",),
    "validation": ("InputError",),
}
_MODULE_OF = {name: module for module, names in _ROOM_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
