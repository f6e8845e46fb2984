"""Starts a host's training processes, watches them and reports how they ended: what `torchrun` does, without importing PyTorch.

The launcher is our own, because `torchrun` imports PyTorch (seconds) before any worker does, and because SageMaker asks PID 1 for
more: SIGTERM passed on to the workers (the toolkit does not, its issue 173), and the cause of a failure in a file.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from workloads.contract import RENDEZVOUS_PORT, TrainingContract, count_cpus
from workloads.errors import EXIT_BAD_INPUT, EXIT_STOPPED, ContractError, describe

# SageMaker sends SIGKILL 120 s after SIGTERM; the workers get less, so that this process can still write why they failed.
STOP_GRACE_S: Final = 110.0
# How long the others may take to end when one has failed, before SIGKILL.
PEER_GRACE_S: Final = 2.0
# How long to let a failure's true cause show up before the others are ended: a lost peer often reports first.
SETTLE_S: Final = 0.5
# Host names of a new cluster may not resolve at once (facts of the contract: retry).
NAME_PATIENCE_S: Final = 300.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
STDERR_KEPT: Final = 16_384
FAILURE_KEPT: Final = 8_192
# Errors of gloo, NCCL and the store when another process has gone: an effect, not a cause.
PEER_LOST: Final = re.compile(
    r"closed by (remote )?peer|reset by peer|Broken pipe|remote process exit|DistNetworkError|recvValue failed|Failed to recv|"
    r"pair closure|ncclRemoteError|Watchdog caught collective operation timeout"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The processes of one host: the same command `processes` times, told apart by RANK. `environment` is the command's own."""

    command: tuple[str, ...]
    processes: int
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Worker:
    rank: int
    process: subprocess.Popen[bytes]
    stderr: bytearray = field(default_factory=bytearray)
    code: int | None = None
    ended: float = 0.0  # monotonic seconds; its death is reported a moment later


def run(job: Job, contract: TrainingContract) -> int:
    """Run the job's processes on this host to their end. Returns the exit code; a failure is also written to the failure file."""
    for folder in (contract.model_dir, contract.output_data_dir, contract.checkpoints_dir):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        point = meeting_point(contract)
        shared = {**os.environ, **contract.sm_environment(), **job.environment, **point}
    except ContractError as error:
        print(describe(error), file=sys.stderr, flush=True)
        write_failure(contract.failure_file, describe(error))
        return EXIT_BAD_INPUT
    crew = _Crew()
    with crew.passing_on_signals():
        for local_rank in range(job.processes):
            crew.start(job, {**shared, **rank_environment(job, contract, local_rank, master=point["MASTER_ADDR"])})
        crew.watch()
    if all(worker.code == 0 for worker in crew.workers):
        return 0
    if crew.stopping:
        print(f"stopped before it was done; exit codes {[worker.code for worker in crew.workers]}", file=sys.stderr, flush=True)
        return EXIT_STOPPED
    culprit = crew.culprit()
    reason = failure_reason(culprit, contract, world_size=len(contract.hosts) * job.processes)
    write_failure(contract.failure_file, reason)
    assert culprit.code
    return culprit.code if culprit.code > 0 else 128 - culprit.code


def meeting_point(contract: TrainingContract, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """MASTER_ADDR, MASTER_PORT and the interfaces to talk over.

    Both are taken from the environment when set. One host alone meets at a free loopback port, so that two jobs on a machine do
    not meet; several meet at `hosts[0]:7777`, whose name is waited for (`ContractError` after five minutes).
    """
    environ = os.environ if environ is None else environ
    alone = len(contract.hosts) == 1
    address = environ.get("MASTER_ADDR") or ("127.0.0.1" if alone else contract.hosts[0])
    port = environ.get("MASTER_PORT") or str(_free_port() if alone else RENDEZVOUS_PORT)
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ContractError(f"MASTER_PORT is {port!r}, which is no port. Give a number from 1 to 65535, or leave it unset.")
    interfaces = [name for _, name in socket.if_nameindex()]
    if not is_here(address):
        _wait_for_name(address)
    if is_here(address):
        interface = next((name for name in ("lo", "lo0") if name in interfaces), "")
    else:
        interface = contract.network_interface if contract.network_interface in interfaces else ""
    point = {"MASTER_ADDR": address, "MASTER_PORT": port, "SM_MASTER_ADDR": address, "SM_MASTER_PORT": port}
    if environ.get("MASTER_ADDR") in _LOOPBACK:  # told by an address: the first host's name is known to nobody here
        point["SM_MASTER_HOSTNAME"] = address
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        if interface and not environ.get(variable):
            point[variable] = interface
    return point


@cache
def _resolved(name: str) -> str:
    return socket.gethostbyname(name)


def is_here(address: str) -> bool:
    """Whether an address or a name is this machine's own loopback, as all hosts of a local job are."""
    if address in _LOOPBACK:
        return True
    try:
        return _resolved(address).startswith("127.")
    except OSError:
        return False


def rank_environment(job: Job, contract: TrainingContract, local_rank: int, *, master: str) -> dict[str, str]:
    """The variables in which `torchrun` gives a process its place, and how many threads it may use."""
    # Hosts that meet over loopback are all this machine and share its cores: oversubscribed, OpenMP's spinning costs tenfold.
    sharing = job.processes * (len(contract.hosts) if is_here(master) else 1)
    return {
        "RANK": str(contract.host_rank * job.processes + local_rank),
        "LOCAL_RANK": str(local_rank),
        "WORLD_SIZE": str(len(contract.hosts) * job.processes),
        "LOCAL_WORLD_SIZE": str(job.processes),
        "GROUP_RANK": str(contract.host_rank),
        "GROUP_WORLD_SIZE": str(len(contract.hosts)),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(max(1, count_cpus() // sharing)),
        "PYTHONUNBUFFERED": "1",
    }


def write_failure(path: Path, reason: str) -> None:
    """Write the failure file, unless the script has written its own already."""
    with contextlib.suppress(OSError):  # without the file the job fails just the same, only without a reason
        if path.is_file() and path.stat().st_size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reason[:FAILURE_KEPT], encoding="utf-8")


def failure_reason(worker: Worker, contract: TrainingContract, *, world_size: int) -> str:
    """The cause first (SageMaker shows 1,024 characters), then where, then the end of what the process wrote to stderr."""
    assert worker.code
    said = worker.stderr.decode("utf-8", errors="replace").strip()
    if worker.code < 0:
        name = signal.Signals(-worker.code).name
        hint = "; the kernel does this when memory runs out" if worker.code == -signal.SIGKILL else ""
        cause = f"killed by {name}{hint}" + (f": {cause_of(said)}" if said else "")
    else:
        cause = cause_of(said) or f"exit code {worker.code}, and nothing on stderr"
    where = f"(rank {worker.rank} of {world_size} on {contract.current_host}, exit code {worker.code})"
    return f"{cause}\n{where}\n\n{said[-4096:]}".rstrip() + "\n"


def cause_of(stderr: str) -> str:
    """The error at the end of what a Python program wrote: the last traceback's message, else the last line naming an error."""
    lines = stderr.splitlines()
    tracebacks = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last):")]
    if tracebacks:
        for number in range(tracebacks[-1] + 1, len(lines)):
            if lines[number] and not lines[number][0].isspace():
                return "\n".join(lines[number:])
    named = [number for number, line in enumerate(lines) if re.match(r"[\w.]*(Error|Exception|Interrupt|Exit)(:|$)", line)]
    return "\n".join(lines[named[-1] :] if named else lines[-10:])


class _Crew:
    """The workers of this host and how they ended."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self.failed: list[Worker] = []
        self.stopping = False
        self._deaths: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._deadline: float | None = None
        self._ended_others = float("inf")  # when the others were told to end, because one had failed

    @contextlib.contextmanager
    def passing_on_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for worker in self.workers:  # nothing outlives its launcher, whatever went wrong here
                if worker.code is None:
                    worker.process.kill()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, job: Job, environment: Mapping[str, str]) -> None:
        process = subprocess.Popen(
            job.command,
            env=dict(environment),
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Safe: no thread of ours exists before the last worker is started.
            preexec_fn=_die_with_launcher if sys.platform == "linux" else None,
        )
        self.workers.append(Worker(rank=int(environment["RANK"]), process=process))
        if self.stopping:  # the signal came before this worker existed
            process.terminate()

    def watch(self) -> None:
        """Wait for every worker; end the others when one fails."""
        for worker in self.workers:
            threading.Thread(target=self._attend, args=(worker,), daemon=True).start()
        alive = len(self.workers)
        terminated = False
        settle_until: float | None = None
        while alive:
            with contextlib.suppress(queue.Empty):
                worker = self._deaths.get(timeout=0.25)
                alive -= 1
                if worker.code:
                    self.failed.append(worker)
                    settle_until = settle_until or time.monotonic() + SETTLE_S
            now = time.monotonic()
            if settle_until and now >= settle_until and not terminated and not self.stopping:
                terminated = True
                self._ended_others = now
                self._deadline = now + PEER_GRACE_S
                self._signal(signal.SIGTERM)
            if self._deadline and now >= self._deadline:
                self._deadline = None
                self._signal(signal.SIGKILL)

    def culprit(self) -> Worker:
        """The first to fail by itself and for a reason of its own, not because it noticed that another had gone."""
        assert self.failed
        in_order = sorted(self.failed, key=lambda worker: worker.ended)
        by_themselves = [worker for worker in in_order if not self._was_ended(worker)]
        return next((worker for worker in by_themselves if not _lost_a_peer(worker)), by_themselves[0])

    def _was_ended(self, worker: Worker) -> bool:
        """Whether this launcher ended the worker. The kernel kills with SIGKILL too, so the exit code alone does not decide."""
        return worker.ended > self._ended_others and worker.code in (-signal.SIGTERM, -signal.SIGKILL, EXIT_STOPPED)

    def _stop(self, number: int, _frame: object) -> None:
        self.stopping = True
        self._deadline = self._deadline or time.monotonic() + STOP_GRACE_S
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        for worker in self.workers:
            if worker.code is None:
                worker.process.send_signal(number)

    def _attend(self, worker: Worker) -> None:
        """Wait for one worker, with its stderr relayed by a second thread that a grandchild may keep open for longer."""
        relay = threading.Thread(target=_relay, args=(worker,), daemon=True)
        relay.start()
        code = worker.process.wait()
        worker.ended = time.monotonic()
        relay.join(timeout=1.0)
        worker.code = code
        self._deaths.put(worker)


def _lost_a_peer(worker: Worker) -> bool:
    """Whether the worker's stderr ends with an error about another process. A killed worker wrote nothing about its own end."""
    return worker.code != -signal.SIGKILL and bool(PEER_LOST.search(worker.stderr.decode("utf-8", errors="replace")))


def _relay(worker: Worker) -> None:
    assert worker.process.stderr
    descriptor = worker.process.stderr.fileno()
    while chunk := os.read(descriptor, 65_536):
        worker.stderr += chunk
        del worker.stderr[:-STDERR_KEPT]
        with contextlib.suppress(OSError, ValueError):  # a closed log must not block the worker
            os.write(2, chunk)


def _die_with_launcher() -> None:
    """Linux sends the worker SIGKILL when this process dies, even by SIGKILL. PR_SET_PDEATHSIG is 1 in <sys/prctl.h>.

    macOS has nothing of the kind: there a worker outlives a launcher that was killed with -9, until a collective times out.
    """
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_name(address: str) -> None:
    deadline = time.monotonic() + NAME_PATIENCE_S
    pause = 0.5
    while True:
        try:
            socket.getaddrinfo(address, None)
            return
        except OSError as error:
            if time.monotonic() + pause > deadline:
                raise ContractError(
                    f"MASTER_ADDR {address!r} did not resolve within {NAME_PATIENCE_S:.0f} s ({error}). "
                    "Check that the hosts are in one network and that its security group lets them talk to each other."
                ) from None
        time.sleep(pause)
        pause = min(pause * 2, 10.0)
