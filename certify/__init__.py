"""Certified geometry of weight chains."""
