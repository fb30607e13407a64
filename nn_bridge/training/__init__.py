"""Networks, losses, plain SGD and the checkpoints that it leaves."""
