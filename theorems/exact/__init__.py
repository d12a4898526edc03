"""Exact scalars, spectra and proofs that theorem modules compute with."""
