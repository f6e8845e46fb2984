"""Script-mode jobs that go wrong or are stopped: every one ends, with its cause in FailureReason and nothing left running."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from localcloud.process import alive
from tests.localcloud.services.sagemaker import scripts
from tests.localcloud.services.sagemaker.cloud import Cloud, unpacked, wait_for
from tests.localcloud.services.sagemaker.test_script_mode import LOGS, sent_by_the_sdk, source


def failed(cloud: Cloud, script: str, **hyperparameters: object) -> str:
    """FailureReason of a job that runs `script`."""
    sources = source(cloud, "failing", **{"train.py": script})
    job = cloud.run("", HyperParameters=sent_by_the_sdk("train.py", sources, **hyperparameters))
    assert job["TrainingJobStatus"] == "Failed"
    assert "S3ModelArtifacts" not in job.get("ModelArtifacts", {})
    return str(job["FailureReason"])


def test_a_traceback_becomes_the_reason_with_the_error_first(others: Cloud) -> None:
    reason = failed(others, scripts.TRACEBACK)
    assert reason.startswith("AlgorithmError: ValueError: column 3 of row 17 is empty")
    assert "load(17)" in reason, "the traceback follows"
    assert reason.endswith("exit code: 1")


def test_a_scripts_own_exit_code_and_stderr_are_in_the_reason(others: Cloud) -> None:
    reason = failed(others, scripts.EXIT_3)
    assert "cannot go on" in reason
    assert reason.endswith("exit code: 3")


def test_a_package_that_cannot_be_had_is_refused_by_name(others: Cloud) -> None:
    requirements = "# for the script\nsurely-not-installed-anywhere>=1.0\nnumpy==0.0.1  # old\nboto3\n"
    sources = source(others, "needy", **{"train.py": scripts.NEEDS_A_PACKAGE, "requirements.txt": requirements})
    job = others.run(
        "", HyperParameters=sent_by_the_sdk("train.py", sources), Environment={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    )
    reason = job["FailureReason"]
    assert reason.startswith("AlgorithmError: ContractError: the script needs surely-not-installed-anywhere>=1.0 (not here), ")
    assert "numpy==0.0.1 (here " in reason
    assert "pip cannot install it: No matching distribution found for " in reason
    assert "boto3" not in reason, "what is there is not lacking"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sagemaker_program": "other.py"}, "holds no 'other.py'; it has ['train.py']"),
        (
            {"sagemaker_submit_directory": "s3://no-such-bucket-here/x.tar.gz"},
            "could not download s3://no-such-bucket-here/x.tar.gz",
        ),
        ({"sagemaker_mpi_enabled": True}, "sagemaker_mpi_enabled asks for MPI, whose launcher this image has not"),
        ({"processes_per_host": 0}, "processes_per_host is 0"),
    ],
)
def test_a_job_that_cannot_start_says_why(others: Cloud, changes: dict[str, object], says: str) -> None:
    assert says in failed(others, "", **changes)


def test_a_script_that_ignores_sigterm_ends_after_the_grace_and_what_it_wrote_is_kept(others: Cloud) -> None:
    name = others.start_job("", HyperParameters=sent_by_the_sdk("train.py", source(others, "deaf", **{"train.py": scripts.DEAF})))
    wait_for(lambda: "deaf" in others.log(LOGS, name), "the script's first line")
    pids = others.runtime.status()["pids"]
    begun = time.monotonic()
    others.sagemaker.stop_training_job(TrainingJobName=name)
    job = others.finished(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert time.monotonic() - begun < 15, "the script would have slept for a minute"
    assert unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"])) == {"early.txt": "kept"}
    wait_for(lambda: not any(alive(pid) for pid in pids), "its processes have ended")


def test_the_longest_runtime_ends_a_script(others: Cloud) -> None:
    job = others.run(
        "",
        HyperParameters=sent_by_the_sdk("train.py", source(others, "slow", **{"train.py": "import time; time.sleep(60)"})),
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


@pytest.mark.e2e
def test_a_hundred_megabytes_of_log_neither_stop_the_job_nor_fill_the_daemon(others: Cloud) -> None:
    before = resident_mib()
    name = others.start_job(
        "", HyperParameters=sent_by_the_sdk("train.py", source(others, "chatty", **{"train.py": scripts.CHATTY}))
    )
    job = others.finished(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert (others.home / "jobs" / name / "logs" / "algo-1.log").stat().st_size >= 100_000_000, "the file has all of it"
    assert resident_mib() - before < 60, "the daemon's process holds what belongs in the file"


def test_children_that_a_script_forgets_end_with_its_job(others: Cloud) -> None:
    job = others.run("", HyperParameters=sent_by_the_sdk("train.py", source(others, "forks", **{"train.py": scripts.FORKS})))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "squares 285" in others.log(LOGS, job["TrainingJobName"])
    pids = [int(text) for text in unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["pids.txt"].split()]
    wait_for(lambda: not any(alive(pid) for pid in pids), "what it started has ended")


def resident_mib() -> float:
    """This process's memory now: the runtime and moto run in it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
