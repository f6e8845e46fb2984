"""The entrypoint as PID 1, over real processes where it starts any. The scripts import no PyTorch, so that they start at once."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
import time
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.workloads.support import lay_out, run, start, with_script
from workloads import entrypoint, launch, script_mode
from workloads.catalog import WORKLOADS
from workloads.contract import TrainingContract
from workloads.errors import ContractError

TRACEBACK = "Traceback (most recent call last):"
REPORT = """
import json, os, pathlib, sys
names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "SM_MODEL_DIR", "SM_HP_EPOCHS")
told = {name: os.environ.get(name) for name in names}
path = pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"]) / f"rank-{os.environ['RANK']}.json"
path.write_text(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), **told}))
"""
# Rank 1 fails; rank 0 ignores SIGTERM and would sleep on for a minute.
ONE_FAILS = """
import os, signal, sys, time
if os.environ["RANK"] == "1":
    raise ValueError("the cause of it all\\nin two lines")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(60)
"""
POLITE = """
import os, pathlib, signal, sys, time
def stop(*_):
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], f"stopped-{os.environ['RANK']}").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
print("started", flush=True)
time.sleep(60)
"""


def contract_of(base: Path) -> TrainingContract:
    return TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(base)})


def test_every_process_of_a_script_gets_its_rank_and_its_hyperparameters(tmp_path: Path) -> None:
    base = with_script(tmp_path, REPORT, {"epochs": "3", "name": "x"}, processes=2)
    done = run("train", base)
    assert done.returncode == 0, done.stderr
    told = [json.loads((base / "output" / "data" / f"rank-{rank}.json").read_text()) for rank in (0, 1)]
    assert [one["RANK"] for one in told] == ["0", "1"]
    assert {one["WORLD_SIZE"] for one in told} == {"2"}
    assert told[0]["MASTER_ADDR"] == told[1]["MASTER_ADDR"] == "127.0.0.1"
    assert told[0]["MASTER_PORT"] == told[1]["MASTER_PORT"]
    assert told[0]["argv"] == ["--epochs", "3", "--name", "x"], "launcher and SageMaker keys are not the script's"
    assert told[0]["SM_HP_EPOCHS"] == "3"
    assert told[0]["cwd"] == str(base / "code")
    assert not (base / "output" / "failure").exists()


def test_a_failure_ends_the_others_within_seconds_and_its_cause_comes_first(tmp_path: Path) -> None:
    base = with_script(tmp_path, ONE_FAILS, processes=2)
    started = time.monotonic()
    done = run("train", base)
    assert done.returncode == 1
    assert time.monotonic() - started < 30, "rank 0 would have slept for a minute"
    failure = (base / "output" / "failure").read_text()
    assert failure.startswith("ValueError: the cause of it all\nin two lines\n(rank 1 of 2 on algo-1, exit code 1)")
    assert "Traceback" in failure, "the traceback follows the cause"
    assert "the cause of it all" in done.stderr, "the log has it too"


def test_a_killed_process_is_reported_with_its_signal(tmp_path: Path) -> None:
    base = with_script(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert run("train", base).returncode == 128 + signal.SIGKILL
    assert (base / "output" / "failure").read_text().startswith("killed by SIGKILL; the kernel does this when memory runs out")


# Rank 1 is killed, as the kernel does when memory runs out, and a child of it keeps its stderr open, as a data loader's would.
# Rank 0 reports the lost peer at once, and rank 2 ignores SIGTERM and has to be killed.
ONE_IS_KILLED = """
import os, signal, subprocess, sys, time
rank = os.environ["RANK"]
if rank == "1":
    print("rank 1 worked as ever", file=sys.stderr, flush=True)
    subprocess.Popen(["sleep", "5"])
    os.kill(os.getpid(), signal.SIGKILL)
if rank == "0":
    time.sleep(0.2)
    raise RuntimeError("[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:41000")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(60)
"""


def test_the_cause_is_the_process_that_was_killed_and_not_those_that_noticed_or_were_ended(tmp_path: Path) -> None:
    base = with_script(tmp_path, ONE_IS_KILLED, processes=3)
    done = run("train", base)
    assert done.returncode == 128 + signal.SIGKILL
    failure = (base / "output" / "failure").read_text()
    assert failure.startswith("killed by SIGKILL; the kernel does this when memory runs out: rank 1 worked as ever\n(rank 1 of 3")


def test_a_process_that_ignored_sigterm_and_was_killed_is_no_cause(tmp_path: Path) -> None:
    """The killed process was on another host: on this host one process complains, and the launcher has to kill another."""
    source = ONE_IS_KILLED.replace('if rank == "1":', 'if rank == "on another host":')
    base = with_script(tmp_path, source, processes=3)
    done = run("train", base)
    assert done.returncode == 1
    assert (
        (base / "output" / "failure").read_text().startswith("RuntimeError: [gloo/transport/tcp/pair.cc:547] Connection closed")
    )


@pytest.mark.parametrize(
    "complaint",
    [
        "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:4711",
        "Application timeout caused pair closure",
        "torch.distributed.DistBackendError: NCCL error: ncclRemoteError: A call failed possibly due to a network error",
        "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=7)",
        "torch.distributed.DistNetworkError: Failed to recv, got 0 bytes. Connection was likely closed.",
    ],
)
def test_errors_of_libraries_about_a_lost_peer_are_recognised(complaint: str) -> None:
    assert launch.PEER_LOST.search(complaint)


def test_a_failure_file_the_script_wrote_itself_is_kept(tmp_path: Path) -> None:
    source = "import os, sys; open(os.path.join(os.environ['SM_OUTPUT_DIR'], 'failure'), 'w').write('my own words'); sys.exit(3)"
    base = with_script(tmp_path, source)
    assert run("train", base).returncode == 3
    assert (base / "output" / "failure").read_text() == "my own words"


def test_sigterm_reaches_every_worker_and_is_waited_for(tmp_path: Path) -> None:
    base = with_script(tmp_path, POLITE, processes=2)
    process = start("train", base)
    assert process.stdout
    assert [process.stdout.readline() for _ in range(2)] == ["started\n"] * 2
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert sorted(path.name for path in (base / "output" / "data").iterdir()) == ["stopped-0", "stopped-1"]
    assert not (base / "output" / "failure").exists(), "a stopped job has not failed"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="asks Linux about its processes")
def test_workers_do_not_outlive_a_launcher_that_was_killed(tmp_path: Path) -> None:
    base = with_script(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    process = start("train", base)
    assert process.stdout
    worker = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while _is_running(worker):
        assert time.monotonic() < deadline, "the worker trains on, and nobody would know"
        time.sleep(0.05)


def test_an_unknown_workload_fails_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = lay_out(tmp_path, {"workload": "digitz"})
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    assert entrypoint.main(["train"]) == 2
    reason = (base / "output" / "failure").read_text()
    known = ", ".join(WORKLOADS)
    assert reason == f"ContractError: hyperparameter workload is 'digitz'; this image has {known}. Name one of them."


@pytest.mark.parametrize("value", ["0", "two", "true", "1.5", "100000"])
def test_an_impossible_number_of_processes_is_refused(
    tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = with_script(tmp_path, "", {"processes_per_host": value})
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    assert entrypoint.main(["train"]) == 2
    assert "processes_per_host is" in capsys.readouterr().err


def test_any_other_argument_is_wrong_use(tmp_path: Path) -> None:
    done = run("trian", tmp_path)
    assert (done.returncode, "train|serve" in done.stderr) == (2, True)


def test_hosts_meet_at_master_addr_and_else_at_the_first_host(tmp_path: Path) -> None:
    several = contract_of(lay_out(tmp_path, {}, hosts=("localhost", "other")))
    told = launch.meeting_point(several, {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "4321"})
    assert (told["MASTER_ADDR"], told["MASTER_PORT"]) == ("127.0.0.1", "4321")
    untold = launch.meeting_point(several, {})
    assert (untold["MASTER_ADDR"], untold["MASTER_PORT"]) == ("localhost", "7777")


def test_ranks_count_on_from_host_to_host(tmp_path: Path) -> None:
    second = contract_of(lay_out(tmp_path, {}, hosts=("b", "a")))
    told = launch.rank_environment(launch.Job(command=("x",), processes=3), second, 1, master="a")
    assert (told["RANK"], told["LOCAL_RANK"], told["WORLD_SIZE"], told["GROUP_RANK"]) == ("4", "1", "6", "1")


@pytest.mark.parametrize(("master", "threads"), [("a", "6"), ("127.0.0.1", "3")])
def test_hosts_that_are_all_this_machine_share_its_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, master: str, threads: str
) -> None:
    monkeypatch.setattr(launch, "count_cpus", lambda: 12)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    first = contract_of(lay_out(tmp_path, {}, hosts=("a", "b")))
    told = launch.rank_environment(launch.Job(command=("x",), processes=2), first, 0, master=master)
    assert told["OMP_NUM_THREADS"] == threads


@pytest.mark.parametrize(
    ("stderr", "cause"),
    [
        (f"{TRACEBACK}\n  File x\nKeyError: 'a'\n", "KeyError: 'a'"),
        (
            f"{TRACEBACK}\n  a\nKeyError: 'a'\n\nDuring…\n\n{TRACEBACK}\n  b\nmod.MyError\n",
            "mod.MyError",
        ),
        ("a warning\nDataError: file has 2 faults:\n  - one\n  - two", "DataError: file has 2 faults:\n  - one\n  - two"),
        ("segmentation fault somewhere", "segmentation fault somewhere"),
        ("", ""),
    ],
)
def test_the_cause_is_found_at_the_end_of_stderr(stderr: str, cause: str) -> None:
    assert launch.cause_of(stderr.strip()).strip() == cause


def test_a_submitted_archive_comes_from_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = lay_out(
        tmp_path,
        {"sagemaker_program": "src/go.py", "sagemaker_submit_directory": '"s3://code/job/sourcedir.tar.gz"', "epochs": "1"},
    )
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="code")
        s3.put_object(Bucket="code", Key="job/sourcedir.tar.gz", Body=_archive({"src/go.py": "print(1)"}))
        program = script_mode.fetch(contract_of(base))
        (base / "input" / "config" / "hyperparameters.json").write_text(
            '{"sagemaker_program": "go.py", "sagemaker_submit_directory": "s3://code/none.tar.gz"}'
        )
        with pytest.raises(ContractError, match="could not download s3://code/none"):
            script_mode.fetch(contract_of(base))
    assert (program.folder / program.path).read_text() == "print(1)"
    assert script_mode.command(contract_of(base), program)[2:3] == ("src/go.py",)


@pytest.mark.parametrize(
    ("files", "program", "says"),
    [
        ({"main.py": ""}, "other.py", "holds no 'other.py'; it has ['main.py']"),
        ({"main.py": ""}, "../../input/config/hyperparameters.json", "holds no"),
        ({"../outside.py": ""}, "main.py", "cannot be unpacked"),
        (None, "main.py", "cannot be unpacked"),
    ],
)
def test_a_bad_archive_is_refused_with_the_reason(tmp_path: Path, files: dict[str, str] | None, program: str, says: str) -> None:
    base = lay_out(tmp_path, {"sagemaker_program": program, "sagemaker_submit_directory": "/opt/ml/input/data/code/s.tar.gz"})
    archive = base / "input" / "data" / "code" / "s.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(_archive(files) if files is not None else b"not a tar")
    with pytest.raises(ContractError) as caught:
        script_mode.fetch(contract_of(base))
    assert says in str(caught.value)
    assert not (base / "outside.py").exists()


def _archive(files: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return target.getvalue()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
