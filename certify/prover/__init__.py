"""How every claim of a certificate is proved, from the weights alone (THEORY A2, A4, A5, E7)."""
