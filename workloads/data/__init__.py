"""Data that workloads learn from: how it is made, read and checked."""
