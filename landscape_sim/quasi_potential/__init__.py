"""The quasi-potential of a diffusion in the plane, on a grid: a check on instantons."""
