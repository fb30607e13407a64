"""Any command line, and what every one has to keep."""
