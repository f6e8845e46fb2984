"""The local stack as its user meets it: preview, up from an empty cloud, up without a change, destroy; and the memory it takes.

`python -m benchmarks.local_stack [--rounds 3]`. Each command is a whole process, as typed. "besides training" takes the training
job's own time (from its CreationTime to its end, as DescribeTrainingJob tells) off. Memory is the sum of the highest resident
sizes of the daemon and of the engine's processes; model servers and training are the workload's own and listed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.conditions import conditions, median, peak_memory, process_name, table
from localcloud.process import processes

SAMPLE_SECONDS = 0.1


class EngineMemory(threading.Thread):
    """Watches the engine's processes while a command runs; `peak` is the highest sum of their resident memory, in MiB."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.peak, self._over = root, 0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            engines = [pid for pid in _descendants(self.root) if process_name(pid).startswith("pulumi")]
            self.peak = max(self.peak, peak_memory(engines))

    def stop(self) -> int:
        self._over.set()
        self.join()
        return self.peak


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for process in processes():
        parents.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def run(env: dict[str, str], *arguments: str) -> tuple[float, int, dict[str, Any]]:
    """(seconds, engine's peak MiB, the JSON answer) of one command."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", *arguments, "--json"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    memory = EngineMemory(process.pid)
    memory.start()
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    peak = memory.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}:\n{out}\n{err}")
    return seconds, peak, json.loads(out)


def training_seconds(home: str, job: str) -> float:
    """How long the job itself took."""
    import boto3

    from localcloud import client

    cloud = client.find(Path(home))
    assert cloud is not None
    sagemaker = boto3.client(
        "sagemaker",
        endpoint_url=cloud.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    told = sagemaker.describe_training_job(TrainingJobName=job)
    return float((told["TrainingEndTime"] - told["CreationTime"]).total_seconds())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    from localcloud import client

    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as home:
        env = {**os.environ, "SLIPWAY_HOME": home, "SLIPWAY_PORT": "0"}
        client.ensure(Path(home), port=0)
        resources, daemon, engine = 0, 0, 0
        for _ in range(rounds):
            seconds, peak, up = run(env, "up")
            training = training_seconds(home, up["outputs"]["trainingJobName"])
            figures.setdefault("up from an empty cloud", []).append(seconds)
            figures.setdefault("its training job", []).append(training)
            figures.setdefault("up besides training", []).append(seconds - training)
            engine, resources = max(engine, peak), len(up["resources"])
            for verb, name in (("preview", "preview, no change"), ("preview", "preview, no change"), ("up", "up, no change")):
                seconds, peak, answer = run(env, verb)
                assert answer["changes"]["same"] == resources, answer["changes"]
                figures.setdefault(name, []).append(seconds)
                engine = max(engine, peak)
            cloud = client.find(Path(home))
            assert cloud is not None
            daemon = max(daemon, peak_memory([cloud.pid]))
            seconds, _, answer = run(env, "destroy", "--yes")
            assert answer["orphans"] == [], answer
            figures.setdefault("destroy", []).append(seconds)
        if cloud is not None:
            cloud.stop()
    print(f"{resources} resources, {rounds} rounds; {conditions()}\n")
    rows = [(name, median(values), min(values), max(values)) for name, values in figures.items()]
    print(table(("what", "median (s)", "min", "max"), rows))
    print(f"\npeak resident memory: daemon {daemon} MiB, engine {engine} MiB, together {daemon + engine} MiB")


if __name__ == "__main__":
    main()
