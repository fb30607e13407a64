"""The paper's figures on networks, each with its claims beside what is measured."""
