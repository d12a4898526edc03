"""Theorem checks for the geometry of weight chains."""
