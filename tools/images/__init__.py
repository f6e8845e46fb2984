"""Builds, describes and pushes the workload images (workloads/images/), in their variants, with the tool that is installed."""
