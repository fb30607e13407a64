"""Exact answers in one dimension, and along a radius: quadrature."""
