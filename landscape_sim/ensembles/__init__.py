"""Ensembles of independent paths: the checked Python face of the kernels."""

from landscape_sim.ensembles.accurate_rate import simulate
from landscape_sim.ensembles.first_passage import simulate_first_passage
from landscape_sim.ensembles.stationary import sample_stationary

__all__ = ["sample_stationary", "simulate", "simulate_first_passage"]
