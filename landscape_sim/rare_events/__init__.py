"""Rates that no direct simulation reaches: multilevel splitting, by two methods."""
