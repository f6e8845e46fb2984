"""What is known of a job without a cloud: lines, progress, definitions, cost, the result's document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.tools.jobs.make import STARTED, described, job, outputs
from tools.cost.prices import quote
from tools.flows.documents.jobs import job_document
from tools.jobs.cost import cost_usd, hourly_usd, most_usd
from tools.jobs.definition import from_outputs, named, run_definition, run_spec
from tools.jobs.lines import values_of
from tools.jobs.progress import Tracker, clock, words
from tools.jobs.result import result_of
from tools.jobs.runners.sagemaker.describe import view_of
from tools.jobs.spec import DEFINITION_VARIABLE, Machines

# Lines that the workload `language` printed on a loaded machine.
LINES = [
    "steps=60;",
    "[local cloud] 2 hosts of 4",
    "step=10; epoch=1; train_loss=5.1034; learning_rate=0.00300; tokens_per_second=1941;",
    "step=20; epoch=1; train_loss=3.2981; learning_rate=0.00103; tokens_per_second=2183; mfu=0.412;",
]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("step=10; train_loss=2.1;", {"step": 10.0, "train_loss": 2.1}),
        ("loss=1e-05;x=-3;", {"loss": 1e-05, "x": -3.0}),
        ("2026 INFO test_accuracy=0.9; (best)", {"test_accuracy": 0.9}),
        ("loss=0.25", {}),
        ("loss=nan; other=1.2.3; e=-;", {}),
        ("a = 3;", {}),
        ("loss=1e999;", {}),
    ],
)
def test_a_line_gives_the_finite_numbers_it_names(line: str, found: dict[str, float]) -> None:
    assert values_of(line) == found


def test_progress_is_what_the_lines_and_the_status_say() -> None:
    tracker = Tracker("us-east-1")
    view = view_of(described(), now=STARTED + timedelta(seconds=100))
    before = tracker.at(view)
    assert (before.step, before.steps, before.loss, before.mfu, before.series) == (0, None, None, None, ())
    tracker.feed(LINES)
    now = tracker.at(view)
    assert (now.step, now.steps, now.epoch, now.loss, now.rate, now.rate_of, now.mfu) == (
        20,
        60,
        1,
        3.2981,
        2183,
        "tokens",
        0.412,
    )
    assert now.series == ((10, 5.1034), (20, 3.2981))
    assert now.seconds == 100
    assert words(now) == f"Training, step 20 of 60, loss 3.2981, 2,183 tokens/s, MFU 41.2%, 1:40, {now.cost_usd:,.4f} USD"


def test_a_step_written_twice_counts_as_it_was_written_last() -> None:
    tracker = Tracker("us-east-1")
    tracker.feed([*LINES, "step=10; train_loss=5.2;", "no_step=1; train_loss=9;", "step=30; test_loss=1;"])
    assert tracker.series == ((10, 5.2), (20, 3.2981), (30, 1.0))


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3723, "1:02:03")])
def test_time_is_told_as_on_a_clock(seconds: float, told: str) -> None:
    assert clock(seconds) == told


def test_a_job_costs_its_seconds_times_its_hosts_at_sagemakers_price() -> None:
    hour = quote("sagemaker", "ml.m5.large", "us-east-1").usd
    two = view_of(described(1800, "Completed", ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.m5.large"}))
    assert cost_usd(two, "us-east-1") == pytest.approx(hour, rel=1e-4)
    assert hourly_usd(Machines(instance_type="ml.m5.large", count=3), "us-east-1") == pytest.approx(3 * hour)
    assert (hourly_usd(Machines(instance_type="ml.m5.large", volume_gb=100), "us-east-1") or 0) > hour


def test_of_a_spot_job_the_billable_seconds_count() -> None:
    hour = quote("sagemaker", "ml.m5.large", "us-east-1").usd
    spot = view_of(described(3600, "Completed", EnableManagedSpotTraining=True, BillableTimeInSeconds=900))
    assert cost_usd(spot, "us-east-1") == pytest.approx(hour / 4, rel=1e-4)
    runs = Tracker("us-east-1").at(view_of(described(EnableManagedSpotTraining=True), now=STARTED + timedelta(hours=1)))
    assert "at most" in words(runs), "how much is billed is only known at the end"


def test_what_has_no_price_costs_nothing_that_is_known() -> None:
    unknown = Machines(instance_type="ml.made.up")
    assert hourly_usd(unknown, "us-east-1") is None
    assert most_usd(replace(job().spec, machines=unknown), "us-east-1") is None
    view = view_of(described(ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.made.up"}))
    assert "USD" not in words(Tracker("us-east-1").at(view))


def test_the_most_that_a_request_can_cost_is_its_whole_time() -> None:
    asked = replace(job().spec, machines=Machines(instance_type="ml.m5.large", count=2))
    assert most_usd(asked, "us-east-1") == pytest.approx(2 * quote("sagemaker", "ml.m5.large", "us-east-1").usd)


def test_an_unknown_job_is_told_with_those_that_are_like_it() -> None:
    jobs = from_outputs(outputs(digits={}, language={}))
    assert named(jobs, "language").name == "language"
    with pytest.raises(ValueError, match="did you mean digits"):
        named(jobs, "digts")
    with pytest.raises(ValueError, match="it has digits, language"):
        named(jobs, "zzz")


def test_outputs_of_an_older_stack_are_told_with_the_command() -> None:
    with pytest.raises(ValueError, match="slipway up"):
        from_outputs({"vpcId": "vpc-1"})


def test_a_run_as_the_stack_says_is_the_stacks_own() -> None:
    built = run_spec(job())
    assert built.environment == {DEFINITION_VARIABLE: "0123456789"}
    assert replace(built, environment={}) == job().spec


def test_what_is_laid_over_a_job_is_another_definition_with_checkpoints_of_its_own() -> None:
    definition = job(request={"HyperParameters": {"workload": "digits", "epochs": "3", "checkpoint_uri": "s3://old"}})
    built = run_spec(definition, hyperparameters={"epochs": 5, "compile": True}, tags={"Project": "mine", "slipway:trial": "3"})
    assert built.hyperparameters["epochs"] == "5"
    assert built.hyperparameters["compile"] == "true"
    laid = built.definition
    assert laid == run_definition(definition, hyperparameters={"epochs": 5, "compile": True}) != definition.definition
    assert built.checkpoints == built.hyperparameters["checkpoint_uri"]
    assert built.checkpoints.endswith(f"/checkpoints/digits/test-digits-{laid}")
    assert built.tags["Project"] == "mine"
    assert definition.spec.hyperparameters["epochs"] == "3", "the definition itself stays"


def test_channels_come_beside_those_of_the_stack_or_in_their_place() -> None:
    old = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://old"}}}
    built = run_spec(job(request={"InputDataConfig": [old]}), channels={"train": "s3://new/", "model": "s3://m/model.tar.gz"})
    assert built.channels == {"train": "s3://new/", "model": "s3://m/model.tar.gz"}


@pytest.mark.parametrize("reserved", ["workload", "checkpoint_uri"])
def test_a_hyperparameter_that_the_stack_sets_is_refused_before_anything_is_sent(reserved: str) -> None:
    with pytest.raises(ValueError, match=f"hyperparameter {reserved} is set by the stack"):
        run_spec(job(), hyperparameters={reserved: "x"})


def test_the_result_has_the_keys_of_the_contract_first() -> None:
    answer = described(
        42.5, "Completed", ModelArtifacts={"S3ModelArtifacts": "s3://m"}, FinalMetricDataList=[{"MetricName": "a", "Value": 1}]
    )
    document = job_document(result_of(view_of(answer), "us-east-1", ((1, 2.0),)))
    assert list(document)[:7] == ["job", "status", "seconds", "metrics", "artifact", "cost_usd", "failure"]
    assert (document["seconds"], document["metrics"], document["artifact"]) == (42.5, {"a": 1.0}, "s3://m")
    assert (document["failure"], document["series"]) == (None, [[1, 2.0]])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (described(1, "Failed", FailureReason="AlgorithmError: DataError"), "AlgorithmError: DataError"),
        (described(1, "Stopped", SecondaryStatus="MaxRuntimeExceeded"), "raise it"),
        (described(1, "Stopped"), "it was stopped (phase Stopped)"),
    ],
)
def test_a_job_that_did_not_complete_says_why(answer: dict[str, Any], said: str) -> None:
    assert said in str(result_of(view_of(answer), "us-east-1").failure)
