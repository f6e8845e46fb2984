"""`slipway models` over a real registry; only the lookup of the stack is replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.localcloud.services.sagemaker.cloud import wait_for
from tools.cli.app import app
from tools.flows import deployed as deployed_module
from tools.jobs.runners.sagemaker.request import create_arguments
from tools.models import evaluation

from .cloud import SERVING_IMAGE, TEST_DATA, Cloud, channel, unique

Run = Callable[..., Result]


@pytest.fixture
def run(cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb of `models`, in a stack whose job `digits` has its models in `group` and asks for an accuracy of 0.97."""
    there = cloud.deployed(group, approval={"test_accuracy": {"min": 0.97}})
    monkeypatch.setattr(deployed_module, "deployed", lambda stack: there)

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["models", *arguments])
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    return invoke


def ask(run: Run, *arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_a_model_goes_from_listed_over_evaluated_to_approved(run: Run, cloud: Cloud, group: str) -> None:
    cloud.version(group, {"test_accuracy": 0.98})
    (listed,) = ask(run, "list")["models"]
    assert (listed["group"], listed["version"], listed["status"]) == (group, 1, "PendingManualApproval")
    refused = ask(run, "approve", "digits", "--reason", "looks good", code=1)
    assert refused["error"]["lines"][1] == f"it was never evaluated; run `./slipway models evaluate {group}/1`"
    evaluated = ask(run, "evaluate", "digits")
    assert evaluated["metrics"] == {"test_accuracy": 0.98}
    assert evaluated["in_the_way"] == []
    assert evaluated["model"]["evaluation"]["job"] == evaluated["job"]
    approved = ask(run, "approve", "digits/1", "--reason", "looks good")
    assert (approved["changed"], approved["model"]["status"]) == (True, "Approved")
    assert ask(run, "approve", "digits", "--reason", "again")["changed"] is False
    assert ask(run, "show", "digits")["approval"]["reason"] == "looks good"


def test_a_version_under_the_limit_is_refused_with_metric_value_and_limit(run: Run, cloud: Cloud, group: str) -> None:
    version = evaluation.record(cloud, cloud.version(group), cloud.evaluation({"test_accuracy": 0.5}))
    said = run("approve", version.name, "--reason", "please", code=1).stderr
    assert f"error: {version.name} may not be approved:" in said
    assert "test_accuracy is 0.5, at least 0.97 is asked; train a better one" in said
    assert "test_accuracy is 0.5" in ask(run, "show", version.name)["in_the_way"][0]
    assert "not to be approved: test_accuracy is 0.5" in run("show", version.arn).stdout.replace("\n", " ")


def test_lines_for_people_show_the_same(run: Run, cloud: Cloud, group: str) -> None:
    first = evaluation.record(cloud, cloud.version(group), cloud.evaluation({"test_accuracy": 0.98}))
    cloud.version(group, FinalMetricDataList=[{"MetricName": "test_accuracy", "Value": 0.5}])
    table = run("list", "digits").stdout.splitlines()
    assert [line.split()[0] for line in table] == ["model", f"{group}/2", f"{group}/1"]
    assert ["not evaluated" in table[1], "pending" in table[2], "test_accuracy 0.98" in table[2]] == [True] * 3
    shown = run("show", first.name).stdout
    for fact in (first.arn, first.artifact.sha256, f"test {TEST_DATA}", "src-0123456789ab", first.lineage.training_job):
        assert fact in shown
    compared = run("diff", "digits/1", "digits/2").stdout
    assert "metric test_accuracy" in compared
    assert "worse" in compared
    assert "data test" not in compared
    assert "data test" in run("diff", "digits/1", "digits/2", "--all").stdout
    assert run("diff", "digits/1", "digits/1").stdout.strip() == f"{group}/1 and {group}/1 are the same"
    rejected = run("reject", "digits/1", "--reason", "fails on zeros").stdout
    assert f"{group}/1 is now rejected by " in rejected
    assert rejected.strip().endswith("fails on zeros")
    assert "was already rejected" in run("reject", "digits/1", "--reason", "twice").stdout


def test_a_comparison_names_hyperparameters_while_the_jobs_are_known(run: Run, cloud: Cloud, group: str) -> None:
    for epochs in ("15", "20"):
        name = unique("real")
        cloud.sagemaker.create_training_job(
            TrainingJobName=name,
            HyperParameters={"epochs": epochs, "workload": "evaluate"},
            AlgorithmSpecification={"TrainingImage": "none", "TrainingInputMode": "File"},
            RoleArn="arn:aws:iam::123456789012:role/training",
            OutputDataConfig={"S3OutputPath": "s3://nowhere/at-all"},
            ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )
        cloud.version(group, TrainingJobName=name, HyperParameters={"epochs": epochs})
    rows = ask(run, "diff", "digits/1", "digits/2")["rows"]
    changed = [(row["name"], row["first"], row["second"]) for row in rows if row["what"] == "hyperparameter"]
    assert changed[0] == ("epochs", "15", "20")
    cloud.version(group)
    (row,) = [row for row in ask(run, "diff", "digits/2", "digits/3")["rows"] if row["what"] == "hyperparameter"]
    assert row["name"] == "digest"


def test_a_version_is_deleted_when_it_is_not_approved(run: Run, cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    assert ask(run, "delete", "digits", "--yes") == {"deleted": version.arn}
    assert ask(run, "list") == {"models": []}
    assert "no model is registered yet" in run("list").stderr


def test_an_unknown_name_is_wrong_use_and_the_error_names_similar_ones(run: Run, cloud: Cloud, group: str) -> None:
    cloud.version(group)
    for arguments, said in (
        (("show", f"{group}x"), f"did you mean {group}"),
        (("show", "digitz/1"), "there is no model group 'digitz'; did you mean digits?"),
        (("list", "nonsense-of-a-name"), "there is no model group 'nonsense-of-a-name'"),
        (("show", "digits/9"), f"{group} has no version 9; it has 1"),
        (("diff", "digits", "a/b/c"), "'a/b/c' names no model"),
        (("evaluate", "digits/x"), "names no model"),
    ):
        assert said in ask(run, *arguments, code=2)["error"]["lines"][0], arguments


@pytest.mark.parametrize(
    "arguments", [("approve", "digits"), ("reject", "digits"), ("diff", "digits"), ("show",), ("list", "--limit", "-1")]
)
def test_a_missing_argument_is_wrong_use(run: Run, arguments: tuple[str, ...]) -> None:
    run(*arguments, code=2)


def test_a_model_of_another_stack_is_shown_and_not_approved(run: Run, cloud: Cloud) -> None:
    version = cloud.version(unique("elsewhere"))
    assert "is of no job of stack local" in ask(run, "show", version.name)["in_the_way"][0]
    refused = ask(run, "approve", version.name, "--reason", "x", code=1)
    assert "is of no job of stack local" in refused["error"]["lines"][0]


def test_a_fine_tuned_model_shows_its_parent(run: Run, cloud: Cloud, group: str) -> None:
    parent = cloud.version(group)
    cloud.version(group, InputDataConfig=[channel("model", parent.artifact.uri)])
    assert parent.arn in run("show", "digits").stdout


def test_the_model_of_a_jobs_newest_completed_run_is_registered(run: Run, cloud: Cloud, group: str) -> None:
    assert (
        "has no completed run; run `./slipway train digits` first" in ask(run, "register", "digits", code=1)["error"]["lines"][0]
    )
    assert "job corpus leaves no model" in ask(run, "register", "corpus", code=2)["error"]["lines"][0]
    assert "did you mean digits?" in ask(run, "register", "digit", code=2)["error"]["lines"][0]
    # The stand-in for the image knows evaluations only, and every run of it leaves an archive.
    told = cloud.deployed(group).jobs["digits"].evaluation
    assert told is not None
    name = f"{group}-digits-20260101-000000"
    hyperparameters = {"workload": "digits", "processes_per_host": "1"}
    spec = replace(told, channels={**told.channels, "model": cloud.job().artifact}, hyperparameters=hyperparameters)
    cloud.sagemaker.create_training_job(**create_arguments(spec, name))
    wait_for(lambda: cloud.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed", name)
    version = ask(run, "register", "digits")
    assert (version["lineage"]["training_job"], version["version"], version["inference"]["image"]) == (name, 1, SERVING_IMAGE)
    assert run("register", "digits").stdout == f"{group}/1 is the model of {name}\n"


def test_an_evaluation_over_the_ceiling_or_against_a_policy_is_not_started(
    run: Run, cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.version(group)
    for stack, code, said in (
        (cloud.deployed(group, instance_type="ml.p4d.24xlarge"), 4, "over the ceiling of 0 USD"),
        (cloud.deployed(group, in_vpc=False), 3, "the job runs outside the VPC"),
    ):
        there = replace(stack, ceiling_usd=0.1)
        monkeypatch.setattr(deployed_module, "deployed", lambda stack, there=there: there)
        refused = ask(run, "evaluate", "digits", code=code)["error"]
        assert refused["code"] == code
        assert said in "\n".join(refused["lines"])
    assert cloud.sagemaker.list_training_jobs(NameContains=group)["TrainingJobSummaries"] == []
