"""The paper's figures on networks: each by one function, with its claims beside what is measured."""
