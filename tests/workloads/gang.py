"""N ranks as forks of this process, which has imported PyTorch already: a gang starts in milliseconds, not in seconds.

    results = gang.run(2, function, *arguments)

runs `function(place, *arguments)` on every rank, over gloo and loopback, and returns the result of each, rank 0 first. Arguments
are not pickled, because a fork has them; results are pickled, so a function returns plain numbers and lists.
"""

from __future__ import annotations

import importlib
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import torch

from tests.workloads.support import free_port
from workloads.training import distributed
from workloads.training.distributed import Place

TIMEOUT_S = 120.0
# Modules that FSDP, AdamW and checkpoints import in their first second: imported by this process once, and not by every rank.
IMPORTED_ONCE = (
    "torch._dynamo",
    "torch.distributed.checkpoint.state_dict",
    "torch.distributed.fsdp",
    "torch.distributed.pipelining",
    "torch.distributed.tensor.parallel",
)


class GangError(AssertionError):
    """A rank failed. The message has the rank's traceback."""


def run(ranks: int, function: Callable[..., Any], *arguments: Any, timeout: float = TIMEOUT_S) -> list[Any]:
    """The result of `function(place, *arguments)` on each rank. Raises `GangError` with the first failure.

    When one rank fails the others are ended, because they would wait for it for ever.
    """
    for name in IMPORTED_ONCE:
        importlib.import_module(name)
    # OpenMP's threads do not survive a fork, so there must be none: with one thread OpenMP starts no other.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    port = free_port()
    crew: dict[int, tuple[int, int]] = {}  # rank -> (pid, the end of the pipe we read)
    try:
        for rank in range(ranks):
            ours, theirs = os.pipe()
            pid = os.fork()
            if not pid:
                os.close(ours)
                _run_rank(rank, ranks, port, theirs, function, arguments)
            os.close(theirs)
            crew[rank] = (pid, ours)
        return _collect(crew, timeout)
    finally:
        for pid, ours in crew.values():
            os.kill(pid, signal.SIGKILL)  # a zombie until it is waited for, so the number is still its own
            os.waitpid(pid, 0)
            os.close(ours)
        torch.set_num_threads(threads)


def _run_rank(rank: int, ranks: int, port: int, pipe: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Run one rank in this fork, send its answer, and end the process: a fork must never return into pytest."""
    code = 1
    try:
        environment = {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(ranks),
            "LOCAL_WORLD_SIZE": str(ranks),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "OMP_NUM_THREADS": "1",
            "GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0",
        }
        os.environ.update(environment)
        place: Place = distributed.join("cpu", environment)
        answer = (True, function(place, *arguments))
        code = 0
    except BaseException as error:
        answer = (False, f"rank {rank}: {error}\n{traceback.format_exc()}")
    try:
        with os.fdopen(pipe, "wb") as end:
            end.write(pickle.dumps(answer))
    finally:
        sys.stdout.flush()
        os._exit(code)  # skips the exit handlers and fixtures of the process that was forked


def _collect(crew: dict[int, tuple[int, int]], timeout: float) -> list[Any]:
    deadline = time.monotonic() + timeout
    received: dict[int, bytearray] = {rank: bytearray() for rank in crew}
    open_ends = {ours: rank for rank, (_, ours) in crew.items()}
    results: dict[int, Any] = {}
    while open_ends:
        ready, _, _ = select.select(list(open_ends), [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise GangError(f"ranks {sorted(open_ends.values())} of {len(crew)} gave no answer within {timeout:.0f} s")
        for end in ready:
            if chunk := os.read(end, 1 << 20):
                received[open_ends[end]] += chunk
                continue
            rank = open_ends.pop(end)
            if not received[rank]:
                raise GangError(f"rank {rank} ended without an answer")
            fine, value = pickle.loads(bytes(received[rank]))
            if not fine:
                raise GangError(value)
            results[rank] = value
    return [results[rank] for rank in sorted(results)]
