"""Studies of escapes: families of landscapes, every case by every method, verdicts."""
