"""Compiled loops, generic over landscape and dynamics."""
