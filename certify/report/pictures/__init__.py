"""Pictures as hand-written SVG."""
