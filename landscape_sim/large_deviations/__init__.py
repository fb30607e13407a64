"""Instantons: which path an escape takes, and its rate, under the noise that there really is."""
