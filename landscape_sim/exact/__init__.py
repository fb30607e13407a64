"""Exact references: the backward equation by quadrature and on grids, no Kramers asymptotics."""
