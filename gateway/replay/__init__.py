"""Many films analysed in one go: what to do, what is done, and what people get of it."""
