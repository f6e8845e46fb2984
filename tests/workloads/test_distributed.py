"""Two real processes under the real entrypoint: stopped by SIGTERM, resumed, and compared with one process never stopped."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workloads.support import DIGITS, lay_out, run, start
from workloads.training import cli, trainer
from workloads.training.settings_tasks import DigitsSettings
from workloads.training.stopping import StopRequest

# A low learning rate, so that training does not enlarge the last bits, in which a sum in two parts differs from a sum in one.
SETTINGS = {"epochs": 6, "learning_rate": 0.001, "seed": 3}
# Relative. Seen: 2e-5. Batches that differed in one row would differ by 1e-2.
TOLERANCE = 1e-3
LISTENING = "0A"  # include/net/tcp_states.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    base: Path
    stopped_code: int
    stopped_output: str
    failure_after_stop: bool
    checkpoints_after_stop: int
    resumed_code: int
    resumed_output: str
    listeners: set[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    base = lay_out(
        tmp_path_factory.mktemp("job"),
        {
            **{key: str(value) for key, value in SETTINGS.items()},
            "processes_per_host": "2",
            "workload": "digits",
            "device": "cpu",
        },
        digits=True,
    )
    first = start("train", base)
    assert first.stdout
    lines: list[str] = []
    listeners: set[str] = set()
    for line in first.stdout:
        lines.append(line)
        if line.startswith("epoch=1;"):
            listeners = _listening_addresses(first.pid)
            first.send_signal(signal.SIGTERM)
            break
    rest, errors = first.communicate(timeout=120)
    stopped_output = "".join(lines) + rest + errors
    failure = (base / "output" / "failure").exists()
    checkpoints = len(list((base / "checkpoints").glob("*/step-*/manifest.json")))
    second = run("train", base)
    return Story(
        base=base,
        stopped_code=first.returncode,
        stopped_output=stopped_output,
        failure_after_stop=failure,
        checkpoints_after_stop=checkpoints,
        resumed_code=second.returncode,
        resumed_output=second.stdout + second.stderr,
        listeners=listeners,
    )


def test_sigterm_leaves_a_checkpoint_and_no_failure(story: Story) -> None:
    assert story.stopped_code == 143, story.stopped_output
    assert story.checkpoints_after_stop == 1, "both processes agreed on one step, and one of them wrote"
    assert not story.failure_after_stop
    assert "epoch=6;" not in story.stopped_output


def test_the_next_job_goes_on_where_the_first_was_stopped(story: Story) -> None:
    assert story.resumed_code == 0, story.resumed_output
    assert re.search(r"resumed at epoch [2-6], step \d+", story.resumed_output)
    assert "epoch=1;" not in story.resumed_output, "that one was done already"
    assert (story.base / "model" / "model.pt").is_file()


def test_two_processes_stopped_and_resumed_end_with_the_loss_of_one_never_stopped(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    paths = cli.read_arguments(["digits", "--data", str(DIGITS), "--out", str(tmp_path)])[2]
    alone = trainer.train("digits", DigitsSettings.from_mapping(SETTINGS), paths, StopRequest())
    assert alone is not None
    found = re.search(r"^epoch=6; train_loss=([0-9.]+);", story.resumed_output, re.M)
    assert found, story.resumed_output
    assert float(found[1]) == pytest.approx(alone["train_loss"], rel=TOLERANCE, abs=5e-5)


def test_metrics_are_printed_once_and_not_by_every_process(story: Story) -> None:
    assert story.resumed_output.count("test_accuracy=") == 1


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux for its sockets")
def test_nothing_listens_beyond_loopback_while_processes_train(story: Story) -> None:
    assert story.listeners, "the store and gloo listen somewhere; else this test looks at the wrong process"
    assert all(ipaddress.ip_address(address).is_loopback for address in story.listeners), story.listeners


def _listening_addresses(launcher: int) -> set[str]:
    """Local addresses on which the launcher's workers accept connections, as Linux lists them."""
    if not Path("/proc/net/tcp").exists():
        return set()
    inodes = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == launcher:
                inodes |= {
                    match[1]
                    for link in (status.parent / "fd").iterdir()
                    if (match := re.match(r"socket:\[(\d+)]", os.readlink(link)))
                }
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
