"""What a network's measured minimum predicts: exponents, and passages in its valley."""
