"""Exact references: the backward equation by quadrature and on grids, free of Kramers' asymptotics."""
