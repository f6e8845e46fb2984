"""One training of whole jobs under the real entrypoint, with checkpoints in S3: two processes of which one is killed, then two
hosts that are stopped, then two processes that end it; compared with one process that nothing happened to."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.s3_server import S3
from tests.workloads.support import DIGITS, free_port, lay_out, start
from workloads.training import cli, trainer
from workloads.training.stopping import StopRequest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),  # six training processes, one job after the other, on a machine that may be busy
    pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux for a launcher's workers and sockets"),
]
SETTINGS = {
    "workload": "digits",
    "device": "cpu",
    "epochs": "3",
    "width": "8",
    "learning_rate": "0.001",
    "seed": "3",
    "checkpoint_seconds": "0",
    "log_every": "1",
}
STEPS_PER_EPOCH = 22
# Largest absolute difference of losses printed with four digits. Seen: none. Neighbouring steps differ by 1e-2.
TOLERANCE = 2e-4
BUCKET = "bucket-of-runs"
KILL_LIMIT_S, STOP_LIMIT_S = 60.0, 120.0
LISTENING = "0A"  # include/net/tcp_states.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was seen of each job: its exit code, output and failure, and the checkpoints that were whole when it ended."""

    killed_code: int
    killed_seconds: float
    killed_failure: str
    killed_listeners: set[str]
    whole_when_killed: list[int]
    stopped_codes: list[int]
    stopped_seconds: float
    stopped_outputs: list[str]
    stopped_failures: list[bool]
    whole_when_stopped: list[int]
    ended_code: int
    ended_output: str
    ended_model: bool
    left: list[str]
    unbroken: str


def job(
    base: Path, *, processes: int, uri: str, shard: int = 1, checkpoint_every: int = 4, hosts: tuple[str, ...] = ("algo-1",)
) -> Path:
    more = {"processes_per_host": processes, "shard": shard, "checkpoint_every": checkpoint_every, "checkpoint_uri": uri}
    return lay_out(base, {**SETTINGS, **{name: str(value) for name, value in more.items()}}, hosts=hosts, digits=True)


@pytest.fixture(scope="module")
def story(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Story:
    client = s3.client()
    client.create_bucket(Bucket=BUCKET)
    # One thread a process: idle threads spin, and the machine is shared with other tests.
    environ = {**s3.environment(), "OMP_NUM_THREADS": "1"}
    base, uri = tmp_path_factory.mktemp("jobs"), f"s3://{BUCKET}/checkpoints"

    first = job(base / "first", processes=2, shard=2, uri=uri)
    process = start("train", first, **environ)
    wait_for(lambda: bool(whole(client)), process)
    listeners = listening_addresses(process.pid)
    os.kill(worker_of(process.pid, rank=1), signal.SIGKILL)
    begun = time.monotonic()
    process.communicate(timeout=120)
    killed_seconds = time.monotonic() - begun
    when_killed = whole(client)

    hosts = ("algo-1", "algo-2")
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    launchers = [
        start("train", job(base / host, processes=1, uri=uri, hosts=order), **environ, **meeting)
        for host, order in zip(hosts, (hosts, hosts[::-1]), strict=True)
    ]
    wait_for(lambda: max(whole(client)) > max(when_killed), *launchers)
    for launcher in launchers:
        launcher.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    outputs = ["".join(launcher.communicate(timeout=200)) for launcher in launchers]
    stopped_seconds = time.monotonic() - begun
    when_stopped = whole(client)

    # From here on no checkpoint is looked at, so none is written.
    last = job(base / "last", processes=2, checkpoint_every=0, uri=uri)
    ending = start("train", last, **environ)
    ended_output = "".join(ending.communicate(timeout=200))
    return Story(
        killed_code=process.returncode,
        killed_seconds=killed_seconds,
        killed_failure=(first / "output" / "failure").read_text(),
        killed_listeners=listeners,
        whole_when_killed=when_killed,
        stopped_codes=[launcher.returncode for launcher in launchers],
        stopped_seconds=stopped_seconds,
        stopped_outputs=outputs,
        stopped_failures=[(base / host / "output" / "failure").exists() for host in hosts],
        whole_when_stopped=when_stopped,
        ended_code=ending.returncode,
        ended_output=ended_output,
        ended_model=(last / "model" / "model.pt").is_file(),
        left=[item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())],
        unbroken=log_of_a_run_that_nothing_happens_to(base / "unbroken", environ),
    )


def test_a_rank_of_a_sharded_run_that_is_killed_ends_the_job_with_its_cause(story: Story) -> None:
    assert story.killed_code == 128 + signal.SIGKILL, story.killed_failure
    assert story.killed_seconds < KILL_LIMIT_S
    assert story.killed_failure.startswith("killed by SIGKILL; the kernel does this when memory runs out")
    assert "(rank 1 of 2 on algo-1, exit code -9)" in story.killed_failure


def test_nothing_listens_beyond_loopback_while_processes_train(story: Story) -> None:
    assert story.killed_listeners, "the store and gloo listen somewhere; else this test looks at the wrong process"
    assert all(ipaddress.ip_address(address).is_loopback for address in story.killed_listeners), story.killed_listeners


def test_two_hosts_go_on_from_the_last_whole_checkpoint_of_the_killed_run(story: Story) -> None:
    epoch, within = divmod(max(story.whole_when_killed), STEPS_PER_EPOCH)
    assert f"resumed at epoch {epoch + 1}, step {within}" in story.stopped_outputs[0], story.stopped_outputs[0]


def test_sigterm_leaves_a_whole_checkpoint_in_s3_and_no_failure_and_ends_in_time(story: Story) -> None:
    assert story.stopped_codes == [143, 143], story.stopped_outputs
    assert story.stopped_failures == [False, False]
    assert story.stopped_seconds < STOP_LIMIT_S
    assert max(story.whole_when_stopped) == stopped_after(story), "both hosts agreed on one step"


def test_the_next_job_goes_on_where_the_stopped_one_was_and_leaves_its_model(story: Story) -> None:
    assert story.ended_code == 0, story.ended_output
    epoch, within = divmod(stopped_after(story), STEPS_PER_EPOCH)
    assert f"resumed at epoch {epoch + 1}, step {within}" in story.ended_output
    assert story.ended_model
    assert story.left == [], "a run that is done leaves no checkpoint"


def test_metrics_are_printed_once_and_not_by_every_process(story: Story) -> None:
    assert story.ended_output.count("test_accuracy=") == 1


def test_a_run_that_is_killed_stopped_and_resumed_ends_with_the_losses_of_one_never_stopped(story: Story) -> None:
    assert "resumed at epoch" not in story.unbroken
    losses = [losses_of_the_last_epoch(log) for log in (story.ended_output, story.unbroken)]
    assert len(losses[0]) == len(losses[1]) > 5
    assert losses[0] == pytest.approx(losses[1], abs=TOLERANCE)


def stopped_after(story: Story) -> int:
    """The step after which the two hosts stopped, by their own log."""
    found = re.search(r"stopped in epoch (\d+) after step (\d+)", story.stopped_outputs[0])
    assert found, story.stopped_outputs[0]
    return (int(found[1]) - 1) * STEPS_PER_EPOCH + int(found[2])


def losses_of_the_last_epoch(output: str) -> list[float]:
    return [float(loss) for loss in re.findall(r"epoch=3; train_loss=([0-9.]+);", output)]


def log_of_a_run_that_nothing_happens_to(out: Path, environ: dict[str, str]) -> str:
    """The log of the same training by one process, which is this one."""
    flags = {**SETTINGS, "data": str(DIGITS), "out": str(out)}
    workload = flags.pop("workload")
    log = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(log):
        for name, value in environ.items():
            patch.setenv(name, value)
        task, settings, paths = cli.read_arguments(
            [workload, *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items())]
        )
        assert trainer.train(task, settings, paths, StopRequest()) is not None
    return log.getvalue()


def whole(client: Any) -> list[int]:
    """The steps whose checkpoint has a manifest."""
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return sorted(int(match[1]) for key in keys if (match := re.search(r"step-(\d+)/manifest\.json$", key)))


def wait_for(condition: Callable[[], bool], *processes: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < deadline
        for process in processes:
            assert process.poll() is None, process.communicate()
        time.sleep(0.1)


def worker_of(launcher: int, *, rank: int) -> int:
    for folder in workers_of(launcher):
        with contextlib.suppress(OSError):
            if f"RANK={rank}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                return int(folder.name)
    raise AssertionError(f"launcher {launcher} has no rank {rank}")


def workers_of(launcher: int) -> list[Path]:
    """The folders in /proc of the launcher's children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == launcher:
                found.append(status.parent)
    return found


def _target(link: Path) -> str:
    """Where a descriptor leads; "" for one that was closed since the folder was listed, as connections to S3 are all the time."""
    with contextlib.suppress(FileNotFoundError):
        return os.readlink(link)
    return ""


def listening_addresses(launcher: int) -> set[str]:
    """Local addresses on which the launcher's workers accept connections, as Linux lists them."""
    links = (link for folder in workers_of(launcher) for link in (folder / "fd").iterdir())
    inodes = {match[1] for link in links if (match := re.match(r"socket:\[(\d+)]", _target(link)))}
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                packed = bytes.fromhex(fields[1].partition(":")[0])
                # The kernel prints 32-bit words in the machine's own order, which is little-endian wherever PyTorch has wheels.
                words = b"".join(packed[place : place + 4][::-1] for place in range(0, len(packed), 4))
                found.add(str(ipaddress.ip_address(words)))
    return found
