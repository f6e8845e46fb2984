"""The loop on the local stack, in order: up, use it, nothing to do, a change in place, retrained, gone. One cloud for all.

What changes the stack is typed as a user types it, in a process of its own.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pyarrow.parquet as parquet
import pytest
from botocore.exceptions import ClientError

from tests.e2e import inventory, processes, shapes
from tests.e2e.slipway import Slipway
from tools.engine.home import REPOSITORY

HELD_OUT = REPOSITORY / "workloads" / "data" / "digits" / "test.parquet"
# What a reader of a run's resources may meet.
OPERATIONS = {"create", "update", "replace", "delete", "same"}
NO_CHANGES = {"create": 0, "update": 0, "replace": 0, "delete": 0}


@pytest.fixture(scope="module")
def empty(here: Slipway) -> dict[str, list[str]]:
    """What a fresh cloud lists."""
    here.run("local", "start")
    return inventory.of_cloud(here)


@pytest.fixture(scope="module")
def up(here: Slipway, empty: dict[str, list[str]]) -> dict[str, Any]:
    document: dict[str, Any] = here.run_apart("up", "--json").json
    return document


@pytest.fixture(scope="module")
def images() -> tuple[list[list[int]], list[int]]:
    """Images that training never saw, and their digits."""
    table = parquet.read_table(HELD_OUT)
    return table.column("pixels").to_pylist(), table.column("label").to_pylist()


def predict(here: Slipway, endpoint: str, rows: list[list[int]]) -> list[int]:
    """What any user's boto3 gets."""
    answer = here.boto("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps({"instances": rows})
    )
    predictions: list[int] = json.loads(answer["Body"].read())["predictions"]
    return predictions


def changes(document: dict[str, Any]) -> dict[str, int]:
    """The counts without what stays the same."""
    return {op: count for op, count in document["changes"].items() if op != "same"}


def changed(document: dict[str, Any]) -> dict[str, set[str]]:
    """Types by operation of all that does not stay the same."""
    found: dict[str, set[str]] = {}
    for item in document["resources"]:
        if item["op"] != "same":
            found.setdefault(item["op"], set()).add(item["type"])
    return found


def test_up_makes_the_whole_platform_at_once(here: Slipway, up: dict[str, Any]) -> None:
    shapes.check(up, shapes.RUN)
    assert up["stack"] == "local"
    assert {item["op"] for item in up["resources"]} == {"create"}
    assert up["changes"]["create"] == len(up["resources"]) >= 150
    assert changes(up) == {**NO_CHANGES, "create": up["changes"]["create"]}
    assert not [found for found in up["policy"]["violations"] if found["level"] == "mandatory"]
    assert up["policy"]["unknown"] == []
    assert 0 < up["cost"]["monthly_usd"] <= up["cost"]["ceiling_usd"]
    assert up["cost"]["before_usd"] == 0
    assert up["cost"]["unpriced"] == []


def test_the_cloud_has_each_resource_of_the_state_once_and_nothing_else(here: Slipway, up: dict[str, Any]) -> None:
    inventory.same(here, "local")


def test_the_training_job_ran_in_processes_and_its_model_is_good(here: Slipway, up: dict[str, Any]) -> None:
    assert up["outputs"]["testAccuracy"] >= 0.97
    name = up["outputs"]["trainingJobName"]
    assert inventory.training_jobs(here) == {name: "Completed"}
    job = here.boto("sagemaker").describe_training_job(TrainingJobName=name)
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["test_accuracy"] == pytest.approx(up["outputs"]["testAccuracy"], abs=1e-6)
    assert job["HyperParameters"]["processes_per_host"] == "2"
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    assert key.endswith("/model.tar.gz")
    assert here.boto("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 1000
    streams = here.boto("logs").describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/")
    assert streams["logStreams"]
    assert not [line for line in processes.workloads(here.root).values() if " train" in line]


def test_the_endpoint_reads_held_out_digits_as_well_as_training_said(
    here: Slipway, up: dict[str, Any], images: tuple[list[list[int]], list[int]]
) -> None:
    rows, digits = images
    found = predict(here, up["outputs"]["endpointName"], rows)
    right = sum(a == b for a, b in zip(found, digits, strict=True))
    assert right / len(digits) == pytest.approx(up["outputs"]["testAccuracy"], abs=1.5 / len(digits))
    assert predict(here, up["outputs"]["endpointName"], rows[:1]) == found[:1]


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (json.dumps({"instances": [[0] * 63]}), "application/json", "63 values"),
        (json.dumps({"instances": [[17] * 64]}), "application/json", "17"),
        ("{", "application/json", "not JSON"),
        ("1,2,3", "text/csv", "text/csv"),
    ],
)
def test_wrong_input_is_a_model_error_that_says_what_is_wrong(
    here: Slipway, up: dict[str, Any], body: str, content_type: str, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        here.boto("sagemaker-runtime").invoke_endpoint(
            EndpointName=up["outputs"]["endpointName"], ContentType=content_type, Body=body
        )
    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert said in caught.value.response["Error"]["Message"]


def test_an_endpoint_that_is_not_there_is_a_validation_error(here: Slipway, up: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        here.boto("sagemaker-runtime").invoke_endpoint(EndpointName="nobody", ContentType="application/json", Body="{}")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_preview_after_up_has_nothing_to_do(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("preview")
    shapes.check(document, shapes.RUN)
    assert changed(document) == {}
    assert changes(document) == NO_CHANGES
    assert document["changes"]["same"] == up["changes"]["create"]
    assert document["cost"]["monthly_usd"] == document["cost"]["before_usd"] == up["cost"]["monthly_usd"]
    assert document["outputs"] == up["outputs"]


def test_refresh_finds_what_up_left(here: Slipway, up: dict[str, Any]) -> None:
    assert changed(here.ask("refresh")) == {}
    # And what refresh wrote into the state is still what the program declares.
    assert changed(here.ask("preview")) == {}


def test_a_second_up_changes_nothing(here: Slipway, up: dict[str, Any]) -> None:
    before = inventory.of_cloud(here)
    assert changed(here.run_apart("up", "--json").json) == {}
    assert inventory.of_cloud(here) == before
    assert len(inventory.training_jobs(here)) == 1


def test_changed_settings_update_in_place_and_only_what_they_touch(here: Slipway, up: dict[str, Any]) -> None:
    def change(config: dict[str, Any]) -> None:
        config["slipway:cost"]["budgetMonthlyUsd"] = 2100
        config["slipway:serving"] = {"endpoints": {"digits": {"variants": {"main": {"max": 3}}}}}
        config["slipway:lake"]["noncurrentDays"] = 45

    before = inventory.of_cloud(here)
    here.edit("local", change)
    expected = {
        "update": {
            "aws:budgets/budget:Budget",
            "aws:appautoscaling/target:Target",
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        }
    }
    assert changed(here.ask("preview")) == expected
    assert changed(here.ask("up")) == expected
    assert inventory.of_cloud(here) == before
    budget = here.boto("budgets").describe_budgets(AccountId=up["outputs"]["accountId"])["Budgets"][0]
    assert float(budget["BudgetLimit"]["Amount"]) == 2100
    targets = here.boto("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert [target["MaxCapacity"] for target in targets] == [3]
    assert changed(here.ask("preview")) == {}


def test_a_changed_hyperparameter_trains_anew_and_the_endpoint_moves_without_a_gap(
    here: Slipway, up: dict[str, Any], images: tuple[list[list[int]], list[int]]
) -> None:
    def change(config: dict[str, Any]) -> None:
        config["slipway:training"] = {"jobs": {"digits": {"hyperparameters": {"epochs": 4}}}}

    here.edit("local", change)
    endpoint, failures, answered, over = up["outputs"]["endpointName"], [], [0], threading.Event()

    def keep_asking() -> None:
        while not over.wait(0.2):
            try:
                predict(here, endpoint, images[0][:4])
                answered[0] += 1
            except Exception as error:  # whatever it is, a user would have seen it
                failures.append(repr(error))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        document = here.run_apart("up", "--json").json
    finally:
        over.set()
        asking.join()
    assert not failures
    assert answered[0] > 5
    found = changed(document)
    assert "pulumi-python:dynamic/sagemaker:TrainingJob" in found["replace"]
    assert "aws:sagemaker/endpoint:Endpoint" in found["update"]
    touched = {type_ for types in found.values() for type_ in types}
    assert {type_.split(":")[1].split("/")[0] for type_ in touched} <= {"dynamic", "sagemaker", "appautoscaling"}
    assert document["outputs"]["endpointName"] == endpoint
    assert document["outputs"]["trainingJobName"] != up["outputs"]["trainingJobName"]
    assert sorted(inventory.training_jobs(here).values()) == ["Completed", "Completed"]
    inventory.same(here, "local")
    assert changed(here.ask("preview")) == {}


def test_destroy_leaves_nothing_and_asks_the_cloud(here: Slipway, up: dict[str, Any], empty: dict[str, list[str]]) -> None:
    document = here.run_apart("destroy", "--json").json
    shapes.check(document, shapes.DESTROY)
    assert document["orphans"] == []
    assert document["deleted"] > 100
    assert inventory.of_cloud(here) == empty
    here.no_workloads()
    # SageMaker keeps its history.
    assert set(inventory.training_jobs(here).values()) == {"Completed"}
    assert here.ask("local", "status")["resources"] == {}
    # Again: there is nothing, and that is no fault.
    again = here.ask("destroy")
    assert (again["deleted"], again["orphans"]) == (0, [])
