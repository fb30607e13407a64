"""SGD itself on data, beside exact answers: stationary law, passages, approximations."""
