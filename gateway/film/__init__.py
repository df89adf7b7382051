"""Films read faster than by decoding all of them: only where something stirs."""
