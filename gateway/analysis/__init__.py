"""From packets to judged pictures, for all cameras of a worker; `engine.py` is the way in."""
