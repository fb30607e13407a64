"""Exact references: quadrature of the backward equation, free of Kramers' asymptotics."""
