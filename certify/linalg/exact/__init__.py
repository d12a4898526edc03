"""Exact linear algebra over the rationals and prime fields."""
