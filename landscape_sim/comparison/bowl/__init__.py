"""The stationary law in a quadratic bowl, and where it ends."""
