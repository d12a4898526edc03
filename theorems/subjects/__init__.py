"""What theorems speak of: exact models of it, shared hypotheses, and strategies that draw it tightly."""
