"""Random numbers: one reproducible stream a path, standard normal variates, many lanes at once."""
