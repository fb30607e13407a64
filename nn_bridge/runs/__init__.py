"""One measurement of several runs, each kept once it is done, and the mean between them."""
