"""One claim a file, named after its id; found by scanning."""
