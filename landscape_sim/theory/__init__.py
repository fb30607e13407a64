"""Asymptotic formulas: the power-law escape rate and the Arrhenius baseline."""
