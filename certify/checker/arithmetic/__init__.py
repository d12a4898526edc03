"""The checker's own numbers: rounding, decompositions, moments and exact ranks."""
