"""One escape, stated once, and its rate by every method."""
