"""The bridge from analytic landscapes to real networks.

``landscape_sim`` compares the power-law escape rate of SGD with exact solutions
and simulations on landscapes where everything is known. ``nn_bridge`` measures the
same quantities on networks trained on data: those of the paper, or any ``torch.nn.Module``
on tensors of your own. Imports go one way; ``landscape_sim`` never imports it.

Names load when first used, so importing the package is instant.

>>> import nn_bridge as nb
>>> import torch
>>> data = torch.linspace(-1, 1, 20)[:, None], torch.linspace(-1, 1, 20)
>>> network = torch.nn.Linear(1, 1)
>>> sgd = nb.SgdSettings(learning_rate=0.1, batch_size=5)
>>> history = nb.train(network, data, sgd, epochs=50)
>>> curvature = nb.measure_curvature(
...     torch.nn.Sequential(torch.nn.Linear(1, 3), torch.nn.Linear(3, 1)),
...     data,
...     sgd,
...     nb.CurvatureSettings(n_eigenvalues=3, n_steps=3),
... )
>>> list(curvature.table("eigenvalues").columns)
['rank', 'eigenvalue', 'residual', 'gauss_newton', 'point']
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ROOM_OF = {
    "data.datasets": ("Dataset", "load_dataset"),
    "data.own_data": ("as_dataset", "dataset_from_tensors"),
    "training.beginning": ("Place", "WeightsOrigin"),
    "training.checkpoints": ("Checkpoint", "TrainingRecord", "read_checkpoint"),
    "training.losses": ("register_loss",),
    "training.networks": ("NetworkSpec", "build_network", "glorot_initialise"),
    "training.sgd": ("SgdSettings",),
    "measurements.training_history": ("TrainingHistory",),
    "measurements.training_runs": ("train",),
    "measurements.resuming": ("resume_training",),
    "results.measurement": ("Measurement",),
    "results.progress": ("Step",),
    "results.provenance": ("Provenance",),
    "measurements.noise": ("measure_noise", "resume_noise"),
    "measurements.noise_record": ("NoiseRecord",),
    "measurements.noise_settings": ("NoiseSettings",),
    "measurements.noise_tables": ("NoiseMeasurement",),
    "measurements.curvature": ("CurvatureMeasurement", "measure_curvature"),
    "measurements.hessian_eigenvalues": ("HessianEigenvalues",),
    "curvature.minimum": ("Minimum", "find_minimum"),
    "measurements.curvature_settings": ("CurvatureSettings",),
    "measurements.decoupling": ("measure_decoupling", "resume_decoupling"),
    "measurements.decoupling_tables": ("DecouplingMeasurement",),
    "measurements.escape": ("measure_escape", "resume_escape"),
    "measurements.escape_settings": ("EscapeSettings",),
    "measurements.escape_tables": ("EscapeMeasurement",),
    "measurements.stability": ("StabilitySettings", "measure_stability"),
    "measurements.stability_tables": ("StabilityMeasurement",),
    "training.raised_rate": ("Schedule",),
    "runs.at_checkpoints": (*("CurvatureRuns", "DecouplingRuns", "EscapeRuns", "StabilityRuns"),),
    "runs.from_scratch": ("NoiseRuns", "TrainRuns"),
    "runs.measuring": ("measure_runs", "resume_runs"),
    "runs.runs_tables": ("RunsMeasurement",),
    "training.paper": ("TrainingPlan", "plan_training"),
    "paper.figures": ("plan_figure",),
    "paper.making": ("make_figure", "resume_figure"),
    "paper.result": ("PaperResult",),
    "measurements.cross_check": ("cross_check",),
    "measurements.cross_check_tables": ("CrossCheck",),
}
_MODULE_OF = {name: module for module, names in _ROOM_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
