"""What is measured on a network, as results with tables and data sets."""
