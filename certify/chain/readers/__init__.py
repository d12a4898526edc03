"""One file format each; a reader hands out tensors and executes nothing."""
