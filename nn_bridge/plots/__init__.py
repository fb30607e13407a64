"""Figures of what was measured on networks; nothing is computed here."""
