"""Measured, never asserted: each module prints a table with its conditions; results are committed in benchmarks/README.md."""
