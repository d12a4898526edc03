"""What a theorem is, how its evidence is gathered, and the search for counterexamples."""
