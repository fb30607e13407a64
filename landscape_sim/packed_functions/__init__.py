"""Elementary functions of double precision, without branches: many lanes at once."""
