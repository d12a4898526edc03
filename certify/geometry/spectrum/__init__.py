"""D: power laws, their charts, and what a transport allows."""
