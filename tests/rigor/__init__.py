"""Tests of certify.rigor."""
