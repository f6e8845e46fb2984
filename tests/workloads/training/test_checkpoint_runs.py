"""Whole runs of the real trainer with checkpoints in S3: a rank killed, a job of two hosts stopped, and one process resumed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import time
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
    pytest.mark.timeout(900),  # one story of four training processes, on a machine that may be busy
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds a launcher's workers by Linux's /proc"),
]
SETTINGS = {
    "workload": "digits",
    "device": "cpu",
    "epochs": "3",
    "learning_rate": "0.001",
    "seed": "3",
    "checkpoint_seconds": "0",
    "log_every": "1",
}
# Absolute, of losses printed with four digits, whose sums were in another order. Seen: equal. Neighbouring steps differ by 1e-2.
TOLERANCE = 2e-4
BUCKET = "bucket-of-runs"
KILL_LIMIT_S, STOP_LIMIT_S = 60.0, 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    killed_code: int
    killed_seconds: float
    killed_failure: str
    whole_when_killed: list[int]
    stopped_codes: list[int]
    stopped_seconds: float
    stopped_outputs: list[str]
    whole_when_stopped: list[int]
    ended: str
    left: list[str]
    unbroken: str


def job(base: Path, *, processes: int, shard: int, uri: str, hosts: tuple[str, ...] = ("algo-1",)) -> Path:
    more = {"processes_per_host": str(processes), "shard": str(shard), "checkpoint_every": "4", "checkpoint_uri": uri}
    return lay_out(base, {**SETTINGS, **more}, hosts=hosts, digits=True)


@pytest.fixture(scope="module")
def story(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Story:
    client = s3.client()
    client.create_bucket(Bucket=BUCKET)
    # One thread a process: idle threads spin, and the machine is shared with other tests.
    environ = {**s3.environment(), "OMP_NUM_THREADS": "1"}
    base, uri = tmp_path_factory.mktemp("jobs"), f"s3://{BUCKET}/checkpoints"

    first = job(base / "first", processes=2, shard=2, uri=uri)
    process = start("train", first, **environ)
    wait_for(lambda: whole(client), process)
    os.kill(worker_of(process.pid, rank=1), signal.SIGKILL)
    begun = time.monotonic()
    process.communicate(timeout=120)
    killed_seconds = time.monotonic() - begun
    when_killed = whole(client)

    hosts = ("algo-1", "algo-2")
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    launchers = [
        start("train", job(base / host, processes=1, shard=1, uri=uri, hosts=order), **environ, **meeting)
        for host, order in zip(hosts, (hosts, hosts[::-1]), strict=True)
    ]
    wait_for(lambda: max(whole(client)) > max(when_killed), *launchers)
    for one in launchers:
        one.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    outputs = ["".join(one.communicate(timeout=200)) for one in launchers]
    stopped_seconds = time.monotonic() - begun
    when_stopped = whole(client)

    ended = log_of_a_run_here(base / "last", uri, environ)
    left = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return Story(
        killed_code=process.returncode,
        killed_seconds=killed_seconds,
        killed_failure=(first / "output" / "failure").read_text(),
        whole_when_killed=when_killed,
        stopped_codes=[one.returncode for one in launchers],
        stopped_seconds=stopped_seconds,
        stopped_outputs=outputs,
        whole_when_stopped=when_stopped,
        ended=ended,
        left=left,
        unbroken=log_of_a_run_here(base / "unbroken", "", environ),
    )


def test_a_rank_of_a_sharded_run_that_is_killed_ends_the_job_with_its_cause(story: Story) -> None:
    assert story.killed_code == 128 + signal.SIGKILL, story.killed_failure
    assert story.killed_seconds < KILL_LIMIT_S
    assert story.killed_failure.startswith("killed by SIGKILL; the kernel does this when memory runs out")
    assert "(rank 1 of 2 on algo-1, exit code -9)" in story.killed_failure


def test_two_hosts_go_on_from_the_last_whole_checkpoint_of_the_killed_run(story: Story) -> None:
    step = max(story.whole_when_killed)
    epoch, within = divmod(step, 22)
    assert f"resumed at epoch {epoch + 1}, step {within}" in story.stopped_outputs[0], story.stopped_outputs[0]


def test_sigterm_leaves_a_whole_checkpoint_in_s3_and_ends_in_time(story: Story) -> None:
    assert story.stopped_codes == [143, 143], story.stopped_outputs
    assert story.stopped_seconds < STOP_LIMIT_S
    said = re.search(r"stopped in epoch (\d+) after step (\d+)", story.stopped_outputs[0])
    assert said
    assert max(story.whole_when_stopped) == (int(said[1]) - 1) * 22 + int(said[2])


def test_one_process_ends_what_two_and_two_hosts_began_with_the_loss_of_one_never_stopped(story: Story) -> None:
    assert "resumed at epoch" in story.ended
    assert "resumed at epoch" not in story.unbroken
    losses = [last_losses(log) for log in (story.ended, story.unbroken)]
    assert len(losses[0]) == len(losses[1]) > 5
    assert losses[0] == pytest.approx(losses[1], abs=TOLERANCE)
    assert story.left == [], "a run that is done leaves no checkpoint"


def last_losses(output: str) -> list[float]:
    """The losses of the last epoch's steps, as printed."""
    return [float(loss) for loss in re.findall(r"epoch=3; train_loss=([0-9.]+);", output)]


def log_of_a_run_here(out: Path, uri: str, environ: dict[str, str]) -> str:
    """The log of the same run by one process to its end: this one, since nothing happens to it."""
    flags = {**SETTINGS, "checkpoint_uri": uri, "data": str(DIGITS), "out": str(out)}
    workload = flags.pop("workload")
    log = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(log):
        for name, value in environ.items():
            patch.setenv(name, value)
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items() if value]
        task, settings, paths = cli.read_arguments([workload, *arguments])
        assert trainer.train(task, settings, paths, StopRequest()) is not None
    return log.getvalue()


def whole(client: Any) -> list[int]:
    """The steps whose checkpoint has a manifest."""
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return sorted(int(match[1]) for key in keys if (match := re.search(r"step-(\d+)/manifest\.json$", key)))


def wait_for(condition: Any, *processes: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < deadline
        for process in processes:
            assert process.poll() is None, process.communicate()
        time.sleep(0.1)


def worker_of(launcher: int, *, rank: int) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher and f"RANK={rank}".encode() in environment:
            return int(folder.name)
    raise AssertionError(f"launcher {launcher} has no rank {rank}")
