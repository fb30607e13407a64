"""Formula, exact solution and simulation together: the only room that sees all three."""
