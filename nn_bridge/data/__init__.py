"""The paper's data sets, and those of the user."""
