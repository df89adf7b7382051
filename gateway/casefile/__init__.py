"""A case as a file to hand on: checked against its seal, exported, readable and provable alone."""
