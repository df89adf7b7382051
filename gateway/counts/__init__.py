"""Traffic counts as people ask for them: by hour or day, and as a table."""
