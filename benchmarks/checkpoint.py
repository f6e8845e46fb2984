"""What a checkpoint costs the training loop: ours, in the background, beside a blocking torch.save of the same state, in one run.

`python -m benchmarks.checkpoint [--sizes 10m,50m,125m] [--repeats 5]`. A decoder with AdamW's state after one step, float32.
"stall" is how long the loop stands still at the call, collecting the state included; "whole cost" adds by how much the steps
beside the background write are slower than steps alone (the write shares cores and Python's lock with them). Both are medians
over the repeats, after one checkpoint that is not counted: the first imports torch.distributed.checkpoint and allocates the copy.
S3 is moto in a process of its own on loopback, on the same cores; a real S3 would take none of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.conditions import conditions, median, table
from workloads.models.decoder import PRESETS, Decoder
from workloads.training import state
from workloads.training.checkpoint import Checkpoints, Progress
from workloads.training.distributed import Place

ALONE = Place(rank=0, world_size=1, local_rank=0, local_world_size=1, device=torch.device("cpu"))
RUN = "benchmark-000000000000"
STEPS_ALONE = 4
POSITIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is saved, and what a step of training it is."""

    model: Decoder
    optimizer: torch.optim.Optimizer
    step: Callable[[], None]
    step_seconds: float
    megabytes: float


def subject(size: str) -> Subject:
    torch.manual_seed(0)
    config = PRESETS[size]
    model = Decoder(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    tokens = torch.randint(config.vocabulary, (1, POSITIONS + 1))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()

    step()
    alone = median([timed(step) for _ in range(STEPS_ALONE)])
    values = sum(parameter.numel() for parameter in model.parameters())
    return Subject(model=model, optimizer=optimizer, step=step, step_seconds=alone, megabytes=values * 3 * 4 / 2**20)


def blocking(about: Subject, folder: Path, repeats: int) -> tuple[float, float]:
    """Seconds of stall and of whole cost, which are one here."""
    path = folder / "blocking.pt"

    def save() -> None:
        torch.save({"model": about.model.state_dict(), "optimizer": about.optimizer.state_dict()}, path)
        with path.open("rb") as file:  # ours are on the disk, too, when they count as whole
            os.fsync(file.fileno())

    save()
    seconds = median([timed(save) for _ in range(repeats)])
    path.unlink()
    return seconds, seconds


def background(about: Subject, where: str | Path, repeats: int) -> tuple[float, float]:
    """Seconds of stall, and of whole cost."""
    checkpoints = Checkpoints(where, RUN, place=ALONE, keep=1)
    checkpoints.newest()
    stalls, costs = [], []
    for number in range(repeats + 1):
        begun = time.perf_counter()
        checkpoints.save(Progress(step=number), state.for_checkpoint(about.model, about.optimizer))
        stall = time.perf_counter() - begun
        slower = 0.0
        while checkpoints.busy:
            slower += timed(about.step) - about.step_seconds
        if number:
            stalls.append(stall)
            costs.append(stall + max(0.0, slower))
    checkpoints.finish()
    checkpoints.remove()
    return median(stalls), median(costs)


def timed(function: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


@contextmanager
def s3() -> Iterator[str]:
    """An address below a bucket of a moto server in a process of its own."""
    import boto3

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        while True:
            assert server.poll() is None, "moto's server has ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        boto3.client("s3").create_bucket(Bucket="benchmark")
        yield "s3://benchmark/checkpoints"
    finally:
        server.terminate()
        server.wait(timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10m,50m,125m", help="presets of the decoder")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to write; default a temporary folder")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-", dir=given.folder))
    rows = []
    try:
        with s3() as address:
            for size in given.sizes.split(","):
                about = subject(size)
                base, _ = blocking(about, folder, given.repeats)
                for name, (stall, cost) in (
                    ("torch.save, blocking", (base, base)),
                    ("ours, folder", background(about, folder / "ours", given.repeats)),
                    ("ours, S3 on loopback", background(about, address, given.repeats)),
                ):
                    ratio = f"{base / stall:.1f}", f"{base / cost:.1f}"
                    rows.append((size, f"{about.megabytes:.0f}", name, f"{stall:.3f}", ratio[0], f"{cost:.3f}", ratio[1]))
    finally:
        shutil.rmtree(folder)
    print(f"{conditions()}, torch {torch.__version__}, {torch.get_num_threads()} threads, float32, {given.repeats} repeats\n")
    head = (
        "model",
        "state (MiB)",
        "how",
        "stall (s)",
        "torch.save's stall / stall",
        "whole cost (s)",
        "torch.save's / whole cost",
    )
    print(table(head, rows))


if __name__ == "__main__":
    main()
