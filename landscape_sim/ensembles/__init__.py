"""Simulation of many independent paths."""

from landscape_sim.ensembles.first_passage import simulate_first_passage

__all__ = ["simulate_first_passage"]
