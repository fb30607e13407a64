"""Exact answers in two dimensions: the backward equation on a grid."""
