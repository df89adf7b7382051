"""Water on the road, seen by a fixed camera that knows its own past."""
