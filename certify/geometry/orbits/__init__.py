"""A: orbits, stability and flags of pairs and chains of subspaces."""
