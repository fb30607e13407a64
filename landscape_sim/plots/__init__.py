"""Figures of results that were computed elsewhere."""
