"""B, C: what two layers do to the space between them."""
