"""The paper's figures on landscapes and on linear regression, each with its claims."""
