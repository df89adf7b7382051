"""From the outbox to the grid dispatch queue, and the queue itself where the site has none."""
