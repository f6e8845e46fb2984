"""No process outlives the daemon, however it ends; and a daemon that starts again finds what the last one left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from localcloud.process import alive, processes
from localcloud.services.sagemaker.processes import Child
from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, REGION, Cloud, make_repository, wait_for

# A program that starts a process of another session and group which ignores SIGTERM, as a worker's worker may be.
RUNAWAY = (
    "import os, signal, subprocess, sys, time\n"
    "code = 'import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); '\\\n"
    "       'open(sys.argv[1], \"w\").write(str(os.getpid())); time.sleep(300)'\n"
    "subprocess.Popen([sys.executable, '-c', code, str(BASE / 'runaway')], start_new_session=True)\n"
    "while not (BASE / 'runaway').exists() or not (BASE / 'runaway').read_text(): time.sleep(0.01)\n"
)
DAEMON = """
import sys, time
from pathlib import Path
import requests
from localcloud.process import alive
from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, Cloud
cloud = Cloud(Path(sys.argv[1]), Path(sys.argv[2]))
cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
endpoint = cloud.endpoint(cloud.config({"ModelName": cloud.model("m")}))
pids = cloud.pids(endpoint)
requests.post(cloud.url + "/moto-api/reset", timeout=10)
left = [pid for pid in pids if alive(pid)], cloud.runtime.status()["endpoints"], cloud.sagemaker.list_endpoints()["Endpoints"]
print(len(pids), left, flush=True)
cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
endpoint = cloud.endpoint(cloud.config({"ModelName": cloud.model("m")}))
job = cloud.start_job(sys.argv[3] + "time.sleep(300)")
while not (cloud.home / "jobs" / job / "algo-1" / "runaway").exists():
    time.sleep(0.02)
time.sleep(0.1)
print(*cloud.runtime.status()["pids"], (cloud.home / "jobs" / job / "algo-1" / "runaway").read_text(), flush=True)
time.sleep(300)
"""


def tree(pid: int) -> set[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = set(), [pid]
    while waiting:
        current = waiting.pop()
        found.add(current)
        waiting += children.get(current, [])
    return found


@pytest.fixture
def own_cloud(tmp_path: Path) -> Cloud:
    """A second cloud in this process. moto's state is one for all, so it takes another region's bucket as given."""
    cloud = Cloud(tmp_path / "home", make_repository(tmp_path / "repository"))
    try:
        cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return cloud


def test_a_reset_ends_what_it_forgets_and_kill_minus_nine_of_the_daemon_leaves_no_process(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    daemon = subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(tmp_path / "home"), str(repository), RUNAWAY],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    assert daemon.stdout is not None
    try:
        assert daemon.stdout.readline() == "1 ([], [], [])\n", "one server before the reset, nothing after it"
        line = daemon.stdout.readline().split()
        family = tree(daemon.pid) - {daemon.pid} | {int(pid) for pid in line}
        assert len(family) >= 5, "two supervisors, a job, its runaway and a model server"
        assert all(alive(pid) for pid in family)
    finally:
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
    wait_for(lambda: not any(alive(pid) for pid in family), "the end of all its processes", 5)


def test_a_container_ends_with_its_first_process(tmp_path: Path) -> None:
    """The end of a container's process 1 ends everything in the container."""
    program = f"from pathlib import Path\nBASE = Path({str(tmp_path)!r})\n{RUNAWAY}sys.exit(3)"
    child = Child(
        [sys.executable, "-c", program], python=sys.executable, env=dict(os.environ), cwd=tmp_path, on_line=lambda _: None
    )
    assert child.ended.wait(10)
    assert child.exit_code == 3
    assert not alive(int((tmp_path / "runaway").read_text()))


def test_a_process_reads_its_output_to_the_last_line_and_gives_its_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    program = "print('one'); print('10%\\r50%\\r100%'); import sys; sys.stderr.write('last without a newline'); sys.exit(9)"
    child = Child([sys.executable, "-uc", program], python=sys.executable, env={}, cwd=tmp_path, on_line=lines.append)
    assert child.ended.wait(10)
    assert (child.exit_code, lines) == (9, ["one", "100%", "last without a newline"])


def test_death_by_signal_and_a_missing_program_have_a_shells_exit_codes(tmp_path: Path) -> None:
    said: list[str] = []
    kill_itself = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    for command, code in ((kill_itself, 139), (["/no/such/program"], 127)):
        child = Child(command, python=sys.executable, env={}, cwd=tmp_path, on_line=said.append)
        assert child.ended.wait(10)
        assert child.exit_code == code
    assert "cannot start '/no/such/program'" in said[-1]


def test_stop_ends_every_process_within_seconds_and_says_so_in_the_record(own_cloud: Cloud) -> None:
    endpoint = own_cloud.endpoint(own_cloud.config({"ModelName": own_cloud.model()}))
    name = own_cloud.start_job(RUNAWAY + "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)")
    wait_for(lambda: (own_cloud.home / "jobs" / name / "algo-1" / "runaway").exists(), "the job's processes")
    pids = set().union(*(tree(pid) for pid in own_cloud.runtime.status()["pids"]))
    assert len(pids) >= 5
    began = time.monotonic()
    own_cloud.runtime.stop()
    assert time.monotonic() - began < 5
    assert not any(alive(pid) for pid in pids)
    job = own_cloud.job(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert "the local cloud stopped while this job ran" in job["FailureReason"]
    own_cloud.sagemaker.delete_endpoint(EndpointName=endpoint)
    own_cloud.stop()


def test_a_daemon_that_starts_with_an_old_state_makes_it_true_again(own_cloud: Cloud) -> None:
    endpoint = own_cloud.endpoint(own_cloud.config({"ModelName": own_cloud.model("m")}))
    job = own_cloud.run("pass")["TrainingJobName"]
    own_cloud.runtime.stop()
    # A state that was saved while the job ran would say so.
    record = sagemaker_backends[ACCOUNT][REGION].training_jobs[job]
    record.training_job_status = record.secondary_status = "InProgress"
    again = Cloud(own_cloud.home, own_cloud.home.parent / "repository")
    again.settled(endpoint, "InService")
    assert again.invoke(endpoint)["InvokedProductionVariant"] == "AllTraffic"
    assert again.job(job)["TrainingJobStatus"] == "Failed"
    assert "start it again" in again.job(job)["FailureReason"]
    again.sagemaker.delete_endpoint(EndpointName=endpoint)
    again.stop()
    own_cloud.stop()


def test_a_request_that_is_not_sagemakers_passes_through(cloud: Cloud) -> None:
    assert cloud.client("sts").get_caller_identity()["Account"] == ACCOUNT
    body = {"EndpointName": "x"}
    answer = requests.post(f"{cloud.url}/", json=body, headers={"X-Amz-Target": "SageMaker.UpdateEndpoint"}, timeout=5)
    assert (answer.status_code, answer.json()["__type"]) == (400, "ValidationException")
    chunks = iter([b'{"EndpointName": ', b'"never-made", "EndpointConfigName": "x"}'])
    answer = requests.post(f"{cloud.url}/", data=chunks, headers={"X-Amz-Target": "SageMaker.UpdateEndpoint"}, timeout=5)
    assert "Could not find endpoint" in answer.json()["message"]
    answer = requests.post(f"{cloud.url}/endpoints/never-made/invocations", data=b"{}", timeout=5)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationError")
