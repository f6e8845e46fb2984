"""`python -m workloads.training TASK`."""

from __future__ import annotations

import sys

from workloads.training.cli import main

if __name__ == "__main__":
    sys.exit(main())
