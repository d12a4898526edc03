"""What a reader sees of a certificate: tables for a terminal, one offline page."""
