"""Hessian and Gauss–Newton matrix: products, eigenvalues, density."""
