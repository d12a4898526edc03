"""The pieces of ``theorems app``: instance families, sweeps, pictures, and the notebook that shows them."""
