"""Parts of a measurement that are answered one by one, here or by workers, each kept at once."""
