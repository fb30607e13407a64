"""Processes that share the cases of a study, here or on other machines."""
