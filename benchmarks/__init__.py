"""Measurements of the product, one question to a file; see `python -m benchmarks --help`."""
