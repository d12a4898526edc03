"""Timed pairs, alternated inside one process; nothing here is collected as a test."""
