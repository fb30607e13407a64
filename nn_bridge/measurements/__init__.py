"""What is measured on a network: one question a module, answered by a result with its tables."""
