"""The entry point of the Pulumi CLI (`main: infra/` in Pulumi.yaml). The package `infra` is imported from the repository root."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from infra.program import program  # noqa: E402

if __name__ == "__main__":
    program()
