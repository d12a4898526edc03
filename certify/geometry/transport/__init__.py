"""E: truncation of transports, and who acts on whom."""
