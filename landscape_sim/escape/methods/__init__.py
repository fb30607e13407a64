"""The methods that answer an escape, one a file; :mod:`escape.registry` knows them by name."""
