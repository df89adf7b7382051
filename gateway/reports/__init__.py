"""What the cases of some time add up to: how many, how fast, how often false; and what to do."""
