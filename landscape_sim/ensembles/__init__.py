"""Ensembles of independent paths: the checked Python face of the kernels."""

from landscape_sim.ensembles.accurate_rate import simulate
from landscape_sim.ensembles.first_passage import simulate_first_passage
from landscape_sim.ensembles.stationary import sample_stationary
from landscape_sim.ensembles.trajectory import EscapePath, sample_escape_paths

__all__ = [
    "EscapePath",
    "sample_escape_paths",
    "sample_stationary",
    "simulate",
    "simulate_first_passage",
]
