"""The trainer: `python -m workloads.training --help`. It runs alone, under torchrun and under the container contract."""
