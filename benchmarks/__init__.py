"""Benchmarks: kernels, peers and a C reference, measured in one run; only ratios are claimed."""
