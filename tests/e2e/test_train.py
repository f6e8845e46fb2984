"""`slipway train` on one stack that is up: jobs on demand are followed, fail, are left running, are stopped and are killed; their
models are evaluated, approved, pruned, distilled, fine-tuned and searched for."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import models, processes
from tests.e2e.slipway import Answer, Slipway, until

LONG = {"epochs": 10000, "width": 4, "log_every": 1}
JOBS: dict[str, Any] = {
    "quick": {
        "run": "demand",
        "processesPerHost": 1,
        "hyperparameters": {"epochs": 1, "width": 4},
        "approval": {"test_accuracy": {"min": 0.05}},
        "search": {"width": {"choices": [4, 8]}},
    },
    # Jobs that read the model of `quick`: one prunes it, one learns from it, one fine-tunes it with adapters.
    "small": {
        "workload": "compress",
        "run": "demand",
        "dataset": "digits",
        "processesPerHost": 1,
        "fromModel": {"job": "quick"},
        "hyperparameters": {"recipe": "prune-magnitude", "sparsity": 0.2, "max_quality_drop": 0.5, "min_speedup": 0.1},
    },
    "taught": {"run": "demand", "processesPerHost": 1, "teacher": {"job": "quick"}, "hyperparameters": {"epochs": 1, "width": 4}},
    "tuned": {
        "run": "demand",
        "processesPerHost": 1,
        "fromModel": {"job": "quick"},
        "hyperparameters": {"epochs": 1, "lora_rank": 2},
    },
    # A fault that only the run itself can find.
    "broken": {"run": "demand", "processesPerHost": 1, "hyperparameters": {"lora_rank": 2}},
    # Jobs that train for longer than a test takes to interrupt them: one process, and two hosts of one process each.
    "long": {"run": "demand", "processesPerHost": 1, "hyperparameters": LONG},
    "hosts": {"run": "demand", "instanceCount": 2, "processesPerHost": 1, "hyperparameters": LONG},
}


def only_jobs_on_demand(config: dict[str, Any]) -> None:
    """Nothing trains or serves in `up`."""
    config["slipway:training"] = {"jobs": JOBS}
    config["slipway:serving"] = {"endpoints": {}}


@pytest.fixture(scope="module")
def up(here: Slipway) -> dict[str, Any]:
    """The outputs of a stack that is up. Before it is, `train` names the way to bring it up."""
    here.edit("local", only_jobs_on_demand)
    assert "run `./slipway up local` first" in here.run("train", "quick", code=1).err
    outputs: dict[str, Any] = here.ask("up")["outputs"]
    return outputs


@pytest.fixture(scope="module")
def quick(here: Slipway, up: dict[str, Any]) -> Answer:
    """The answer of `train quick --follow`, whose model the other tests begin with."""
    return here.run("train", "quick", "--follow", "--json", "--set", "seed=5")


def job_of(here: Slipway, name: str) -> dict[str, Any]:
    found: dict[str, Any] = here.boto("sagemaker").describe_training_job(TrainingJobName=name)
    return found


def test_up_starts_no_job_on_demand_and_exports_all_of_them(here: Slipway, up: dict[str, Any]) -> None:
    assert set(up["trainingJobs"]) == set(JOBS)
    assert here.boto("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
    assert up["modelGroupNames"] == {name: f"slipway-local-{name}" for name in JOBS}


def test_a_job_is_followed_to_its_registered_model(here: Slipway, quick: Answer) -> None:
    document = quick.json
    assert list(document)[:7] == ["job", "status", "seconds", "metrics", "artifact", "cost_usd", "failure"]
    assert (document["status"], document["failure"]) == ("Completed", None)
    assert 0 < document["metrics"]["test_accuracy"] <= 1
    assert document["cost_usd"] > 0
    assert len(document["series"]) > 1
    job = job_of(here, document["job"])
    assert job["HyperParameters"]["seed"] == "5"
    assert document["artifact"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    (package,) = here.boto("sagemaker").list_model_packages(ModelPackageGroupName="slipway-local-quick")[
        "ModelPackageSummaryList"
    ]
    assert document["version"]["arn"] == package["ModelPackageArn"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert "quick: at most " in quick.err
    assert "quick: Completed, step " in quick.err


def test_a_job_that_fails_says_why(here: Slipway, up: dict[str, Any]) -> None:
    answer = here.run("train", "broken", "--follow", "--json", code=1)
    assert answer.json["status"] == "Failed"
    assert "lora_rank is 2 without a model" in answer.json["failure"]
    errors = [line for line in answer.err.splitlines() if line.startswith(f"error: {answer.json['job']} failed: ")]
    assert any("lora_rank" in line for line in errors)


def test_a_wrong_hyperparameter_is_refused_before_anything_is_paid_for(here: Slipway, up: dict[str, Any]) -> None:
    before = len(here.boto("sagemaker").list_training_jobs()["TrainingJobSummaries"])
    error = here.run("train", "quick", "--follow", "--set", "epochs=0", code=2).err
    assert "epochs is 0; it must be a whole number from 1 to 10000; nothing was started" in error
    assert "did you mean learning_rate" in here.run("train", "quick", "--set", "learnin_rate=1", code=2).err
    assert len(here.boto("sagemaker").list_training_jobs()["TrainingJobSummaries"]) == before


def test_an_unknown_job_is_refused_with_the_name_that_is_like_it(here: Slipway, up: dict[str, Any]) -> None:
    assert "did you mean quick?" in here.run("train", "quik", code=2).err


def test_ctrl_c_leaves_the_job_running_until_it_is_stopped(here: Slipway, up: dict[str, Any]) -> None:
    followed = here.start("train", "long", "--follow", "--json")
    until(lambda: "long: Training, step " in followed.err.read_text(), "the job trains", still=followed)
    followed.interrupt()
    answer = followed.wait()
    assert answer.code == 1
    name = answer.json["job"]
    assert (answer.json["status"], answer.json["failure"]) == ("InProgress", None)
    assert f"{name} runs on; to follow it again: ./slipway train --follow --job {name}" in answer.err
    assert f"./slipway train --stop {name}" in answer.err
    assert job_of(here, name)["TrainingJobStatus"] == "InProgress"
    attached = here.start("train", "--job", name, "--json")
    until(lambda: "step" in attached.err.read_text(), "it is followed again", still=attached)
    assert "is stopping" in here.run("train", "--stop", name).err
    ended = attached.wait()
    assert (ended.code, ended.json["job"], ended.json["status"]) == (1, name, "Stopped")
    here.no_workloads()


def test_a_rank_that_is_killed_on_one_of_two_hosts_ends_the_job_with_its_cause(here: Slipway, up: dict[str, Any]) -> None:
    name = here.run("train", "hosts").out.strip()
    until(lambda: any("train_loss" in line for line in log_of(here, name)), "both hosts train")
    (second,) = [
        pid
        for pid, command in processes.of(here.root).items()
        if "workloads.training" in command and variable(pid, "RANK") == "1"
    ]
    os.kill(second, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: job_of(here, name)["TrainingJobStatus"] == "Failed", "the job has failed", seconds=60)
    assert time.monotonic() - began < 60
    reason = job_of(here, name)["FailureReason"]
    assert "killed by SIGKILL" in reason
    assert "rank 1 of 2 on algo-2" in reason
    here.no_workloads()


@pytest.mark.usefixtures("quick")
def test_a_model_is_approved_once_its_evaluation_meets_the_limits(here: Slipway) -> None:
    assert any("evaluate" in line for line in models.refused(here, "quick"))
    evaluation = models.evaluated(here, "quick")
    assert evaluation["in_the_way"] == []
    assert 0.05 < evaluation["metrics"]["test_accuracy"] <= 1
    version = models.approved(here, "quick")
    (newest, *_) = here.boto("sagemaker").list_model_packages(
        ModelPackageGroupName="slipway-local-quick", SortBy="CreationTime", SortOrder="Descending"
    )["ModelPackageSummaryList"]
    assert (newest["ModelPackageArn"], newest["ModelApprovalStatus"]) == (version["arn"], "Approved")


@pytest.mark.usefixtures("quick")
def test_a_model_is_pruned_distilled_and_fine_tuned_by_jobs(here: Slipway) -> None:
    documents = {name: here.run("train", name, "--follow", "--json").json for name in ("small", "taught", "tuned")}
    assert {name: document["failure"] for name, document in documents.items()} == dict.fromkeys(documents)
    assert documents["small"]["metrics"]["archive_ratio"] < 1
    for name, channel in (("taught", "teacher"), ("tuned", "model")):
        channels = {one["ChannelName"]: one for one in job_of(here, documents[name]["job"])["InputDataConfig"]}
        assert "/quick/" in channels[channel]["DataSource"]["S3DataSource"]["S3Uri"]
        assert 0 < documents[name]["metrics"]["test_accuracy"] <= 1


def test_a_search_and_a_page_about_what_it_tried(here: Slipway, up: dict[str, Any]) -> None:
    found = here.ask("tune", "quick", "--trials", "2", "--parallel", "2", "--metric", "test_accuracy")
    assert (found["ended"], [trial["status"] for trial in found["trials"]]) == ("done", ["complete", "complete"])
    assert found["best"]["value"] == max(trial["value"] for trial in found["trials"])
    page = here.root / "jobs.html"
    here.run("report", *(trial["job"] for trial in found["trials"]), "--out", str(page))
    written = page.read_text()
    assert all(trial["job"] in written for trial in found["trials"])
    assert "<svg" in written


def test_a_stack_whose_models_are_registered_goes_without_a_trace(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("destroy")
    assert document["deleted"] > 100
    assert document["orphans"] == []
    assert here.boto("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert "stack local is not up" in here.run("train", "quick", code=2).err


def log_of(here: Slipway, name: str) -> list[str]:
    path = here.home / "jobs" / name / "logs" / "algo-1.log"
    return path.read_text().splitlines() if path.exists() else []


def variable(pid: int, name: str) -> str:
    """A variable of a process's environment, "" where it is not set or the process has gone."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((item.decode().partition("=")[2] for item in environment if item.startswith(f"{name}=".encode())), "")
