"""The formulas of the theory, each written once and generic over the number type."""
