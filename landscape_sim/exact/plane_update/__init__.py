"""Exact answers for updates in discrete time with two parameters: transition kernels on a grid."""
