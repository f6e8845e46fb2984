"""Training programs. Each runs alone (`python -m workloads.training.digits --help`), under torchrun and under the contract."""

from __future__ import annotations

from typing import Final

# Modules of this package that hyperparameter `workload` can name. A module here has a `main()` that returns an exit code.
WORKLOADS: Final = ("digits",)
