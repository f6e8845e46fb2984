"""Every operation of every service that the endpoint answers, by what becomes of it: `python -m localcloud.services.operations`.

All models of AWS and all of moto are read for that, so the daemon has it done by a process that ends and gives the memory back.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from localcloud.kernel.verdicts import VERDICT_KINDS
from localcloud.services.gathered import emulated_aws, fronted
from localcloud.services.sagemaker.runs import SageMakerRuntime

_REPOSITORY = Path(__file__).resolve().parents[2]
_SECONDS = 300.0


@cache
def operations_apart() -> dict[str, list[str]]:
    """`service:Operation` by verdict, found by a process of its own. Raises RuntimeError with the end of what it wrote."""
    command = [sys.executable, "-m", "localcloud.services.operations"]
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"the operations cannot be listed: {done.stderr[-1000:]}")
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def operations() -> dict[str, list[str]]:
    """`service:Operation` by verdict, found in this process."""
    recorder = emulated_aws()
    with tempfile.TemporaryDirectory() as home:  # of a runtime that is never started
        runtime = SageMakerRuntime(Path(home), "http://127.0.0.1", repository=_REPOSITORY)
        verdicts = fronted(runtime.wrap(recorder), recorder).verdicts
        found: dict[str, list[str]] = {kind: [] for kind in VERDICT_KINDS}
        for service, operation, verdict in verdicts.all():
            found[verdict.kind].append(f"{service}:{operation}")
    return found


if __name__ == "__main__":
    json.dump(operations(), sys.stdout)
