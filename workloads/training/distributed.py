"""A process's place among the others, and the few collectives a training loop needs; a process alone needs no process group."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import torch
import torch.distributed as dist
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from workloads.contract import count_cpus
from workloads.errors import ContractError, HyperparameterError

# How long a process waits for the others: hosts start minutes apart, and a step that takes longer has lost a peer.
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
MEETING_TIMEOUT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which process this is, of how many, and what it computes on."""

    rank: int
    world_size: int
    local_rank: int
    local_world_size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the one process that logs and writes for all."""
        return self.rank == 0

    def sum(self, *values: float) -> list[float]:
        """Each value added up over all processes, in double precision."""
        if self.world_size == 1:
            return list(values)
        together = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(together)
        return [float(value) for value in together.tolist()]

    def from_leader(self, value: Any) -> Any:
        """The leader's value, on every process. For small objects."""
        if self.world_size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]


def join(device: str, environ: Mapping[str, str] | None = None) -> Place:
    """Take this process's place as `torchrun` or our launcher gave it (RANK, WORLD_SIZE …); alone without them.

    Raises `HyperparameterError` when device is cuda and there are too few, `ContractError` when the variables contradict.
    """
    environ = os.environ if environ is None else environ
    rank, world_size = _number(environ, "RANK", 0), _number(environ, "WORLD_SIZE", 1)
    # Without LOCAL_RANK there is one process a host, as Kubeflow's PyTorchJob starts them.
    local_rank = _number(environ, "LOCAL_RANK", 0)
    local_world_size = _number(environ, "LOCAL_WORLD_SIZE", world_size if "LOCAL_RANK" in environ else 1)
    if not (0 <= rank < world_size and 0 <= local_rank < local_world_size <= world_size):
        raise ContractError(
            f"RANK {rank}, WORLD_SIZE {world_size}, LOCAL_RANK {local_rank} and LOCAL_WORLD_SIZE {local_world_size} contradict; "
            "start through workloads.entrypoint or torchrun, or unset all four."
        )
    place = Place(
        rank=rank,
        world_size=world_size,
        local_rank=local_rank,
        local_world_size=local_world_size,
        device=_device(device, local_rank, local_world_size),
    )
    # Processes of one host share its cores; more threads than cores slows all of them down.
    torch.set_num_threads(_number(environ, "OMP_NUM_THREADS", 0) or max(1, count_cpus() // local_world_size))
    if world_size > 1:
        _meet(place, environ)
    return place


def leave(place: Place) -> None:
    if place.world_size > 1 and dist.is_initialized():
        dist.destroy_process_group()


def _device(wanted: str, local_rank: int, local_world_size: int) -> torch.device:
    gpus = torch.cuda.device_count() if wanted != "cpu" else 0
    if gpus >= local_world_size:
        torch.cuda.set_device(local_rank)
        return torch.device("cuda", local_rank)
    if wanted == "cuda":
        raise HyperparameterError(
            f"device is 'cuda', and this host has {gpus} GPUs for {local_world_size} processes; "
            f"set device to 'auto'{f' or processes_per_host to {gpus}' if gpus else ''}"
        )
    if gpus and local_rank == 0:
        print(f"note: training on CPU, because {local_world_size} processes cannot share {gpus} GPU(s)", flush=True)
    return torch.device("cpu")


def _meet(place: Place, environ: Mapping[str, str]) -> None:
    address, port = environ.get("MASTER_ADDR", ""), _number(environ, "MASTER_PORT", 0)
    if not address or not port:
        raise ContractError(
            f"WORLD_SIZE is {place.world_size}, and MASTER_ADDR is {address!r}, MASTER_PORT {port}; "
            "start through workloads.entrypoint or torchrun, which set both."
        )
    # Under torchrun its agent holds the store already; otherwise the leader does.
    agent_holds_store = environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    dist.init_process_group(
        "nccl" if place.device.type == "cuda" else "gloo",
        init_method="env://" if agent_holds_store else None,
        store=None if agent_holds_store else _store(place, address, port),
        rank=place.rank,
        world_size=place.world_size,
        timeout=MEETING_TIMEOUT,
    )


def _store(place: Place, address: str, port: int) -> TCPStore:
    descriptor = None
    if place.leads and address in _LOOPBACK:
        # PyTorch's store listens on every interface; on a laptop nothing of ours may listen on more than loopback.
        try:
            descriptor = socket.create_server(("127.0.0.1", port)).detach()
        except OSError as error:
            raise ContractError(
                f"the processes cannot meet at {address}:{port}: {error}. Set MASTER_PORT to a free port."
            ) from None
    return TCPStore(
        address, port, place.world_size, place.leads, MEETING_TIMEOUT, wait_for_workers=False, master_listen_fd=descriptor
    )


def _number(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable, str(default))
    if not (text.isascii() and text.isdigit()):
        raise ContractError(f"{variable} is {text!r}; it must be a whole number, as torchrun sets it.")
    return int(text)
