"""Gradients of single samples: noise strength, Gram matrices, alignment."""
