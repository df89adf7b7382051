"""Small grey pictures by cells: the light on them, what is usual, what changed together."""
