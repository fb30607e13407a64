"""Exact answers for updates in discrete time: transition kernels and random recursions."""
