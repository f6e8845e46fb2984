"""Builds, describes and pushes the workload images (workloads/images/): which variants there are, with which tool, from what."""
