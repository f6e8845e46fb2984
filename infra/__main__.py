"""Where the Pulumi CLI comes in (`main: infra/` in Pulumi.yaml): `infra` itself is imported from the repository root."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from infra.program import program  # noqa: E402

if __name__ == "__main__":
    program()
