"""What may keep a rule from being wrong again: proposed by the system, decided by a person."""
