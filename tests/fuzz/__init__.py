"""Mutants of every file that is read: the outcome is a result or a refusal, soon and in little memory."""
