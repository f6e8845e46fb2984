"""Hyperparameter tuning jobs run: real training jobs, drawn from the ranges, judged by what their logs say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.services.sagemaker import tuning_space
from localcloud.services.sagemaker.shared import RequestError
from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, TRAINING_IMAGE, Cloud, unique, wait_for

# Best at x = 0.3; the log says so.
PARABOLA = """
import json
told = json.loads((BASE / "input/config/hyperparameters.json").read_text())
print(f"loss={(float(told['x']) - 0.3) ** 2!r};")
"""
METRICS = [{"Name": "loss", "Regex": r"loss=([^;]+);"}]


def continuous(name: str, low: object, high: object, scaling: str = "Auto") -> dict[str, Any]:
    return {"ContinuousParameterRanges": [{"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}]}


def integer(name: str, low: object, high: object, scaling: str = "Auto") -> dict[str, Any]:
    return {"IntegerParameterRanges": [{"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}]}


def categorical(name: str, *values: str) -> dict[str, Any]:
    return {"CategoricalParameterRanges": [{"Name": name, "Values": list(values)}]}


def request(
    program: str = PARABOLA,
    *,
    ranges: Mapping[str, Any] | None = None,
    strategy: str = "Random",
    most: int | None = 3,
    parallel: int = 2,
    type_: str = "Minimize",
    config: Mapping[str, Any] | None = None,
    definition: Mapping[str, Any] | None = None,
    static: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    limits = {"MaxParallelTrainingJobs": parallel, **({"MaxNumberOfTrainingJobs": most} if most else {})}
    return {
        "HyperParameterTuningJobName": unique("tune"),
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": type_, "MetricName": "loss"},
            "ResourceLimits": limits,
            "ParameterRanges": dict(continuous("x", 0, 1) if ranges is None else ranges),
            "RandomSeed": 7,
            **(config or {}),
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"program": program, **(static or {})},
            "AlgorithmSpecification": {
                "TrainingImage": TRAINING_IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": METRICS,
            },
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/tuned"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **(definition or {}),
        },
    }


def start(cloud: Cloud, asked: Mapping[str, Any]) -> str:
    cloud.sagemaker.create_hyper_parameter_tuning_job(**asked)
    return str(asked["HyperParameterTuningJobName"])


def describe(cloud: Cloud, name: str) -> dict[str, Any]:
    return dict(cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))


def finished(cloud: Cloud, name: str) -> dict[str, Any]:
    def ended() -> Any:
        job = describe(cloud, name)
        return job["HyperParameterTuningJobStatus"] not in {"InProgress", "Stopping"} and job

    found: dict[str, Any] = wait_for(ended, name, 40)
    return found


def listed(cloud: Cloud, name: str, **more: Any) -> list[dict[str, Any]]:
    answer = cloud.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **more)
    return list(answer["TrainingJobSummaries"])


def test_it_trains_for_real_and_its_best_is_the_best_of_what_the_logs_said(cloud: Cloud) -> None:
    name = start(cloud, {**request(most=4), "Tags": [{"Key": "team", "Value": "us"}]})
    first = describe(cloud, name)
    assert first["HyperParameterTuningJobStatus"] == "InProgress"
    assert "BestTrainingJob" not in first
    job = finished(cloud, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    counters = {"Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
    assert job["TrainingJobStatusCounters"] == counters
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    rows = listed(cloud, name)
    assert len({row["TrainingJobName"] for row in rows}) == 4
    for row in rows:
        value = row["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        assert value == pytest.approx((float(row["TunedHyperParameters"]["x"]) - 0.3) ** 2)
        trained = cloud.job(row["TrainingJobName"])
        assert trained["TrainingJobStatus"] == row["TrainingJobStatus"] == "Completed"
        assert trained["TuningJobArn"] == job["HyperParameterTuningJobArn"]
        assert trained["HyperParameters"]["x"] == row["TunedHyperParameters"]["x"]
        assert trained["HyperParameters"]["_tuning_objective_metric"] == "loss"
        assert cloud.get(trained["ModelArtifacts"]["S3ModelArtifacts"])
    best = min(rows, key=lambda row: row["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
    assert job["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Minimize"
    tags = cloud.sagemaker.list_tags(ResourceArn=best["TrainingJobArn"])["Tags"]
    assert {"Key": "team", "Value": "us"} in tags
    values = [
        row["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for row in listed(cloud, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    ]
    assert values == sorted(values, reverse=True)
    page = cloud.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, MaxResults=3)
    assert len(page["TrainingJobSummaries"]) == 3
    assert len(listed(cloud, name, MaxResults=3, NextToken=page["NextToken"])) == 1
    assert listed(cloud, name, StatusEquals="Failed") == []


def test_a_grid_tries_every_combination_once(cloud: Cloud) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["0.1", "0.4"]}, {"Name": "mode", "Values": ["a", "b"]}]}
    name = start(cloud, request(strategy="Grid", ranges=ranges, most=None, type_="Maximize"))
    job = finished(cloud, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    tried = [tuple(sorted(row["TunedHyperParameters"].items())) for row in listed(cloud, name)]
    assert sorted(tried) == sorted((("mode", m), ("x", x)) for m in "ab" for x in ("0.1", "0.4"))
    assert job["BestTrainingJob"]["TunedHyperParameters"]["x"] == "0.1", "a larger loss is better here"


def test_a_bayesian_search_of_one_at_a_time_ends_at_its_target(cloud: Cloud) -> None:
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0}}
    name = start(cloud, request(strategy="Bayesian", most=20, parallel=1, config=criteria))
    job = finished(cloud, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 1


def test_a_search_in_which_nothing_trains_fails_in_sagemakers_words(cloud: Cloud) -> None:
    failed = finished(cloud, start(cloud, request("raise SystemExit(3)", most=9, parallel=2)))
    assert failed["HyperParameterTuningJobStatus"] == "Failed"
    assert failed["FailureReason"].startswith("No training job succeeded after ")
    assert failed["TrainingJobStatusCounters"]["NonRetryableError"] >= 5
    silent = finished(cloud, start(cloud, request("print('nothing')", most=2)))
    assert silent["HyperParameterTuningJobStatus"] == "Failed"
    assert silent["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")
    assert "BestTrainingJob" not in silent
    assert silent["ObjectiveStatusCounters"]["Failed"] == 2


def test_it_is_stopped_with_its_training_jobs(cloud: Cloud) -> None:
    name = start(cloud, request("import time; time.sleep(60)", most=5, parallel=1))
    wait_for(lambda: listed(cloud, name), "a training job")
    cloud.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = finished(cloud, name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    (row,) = listed(cloud, name)
    assert (row["TrainingJobStatus"], row["ObjectiveStatus"]) == ("Stopped", "Failed")
    with pytest.raises(ClientError, match="in status Stopped"):
        cloud.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    cloud.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(ClientError, match="can't find a tuning job"):
        listed(cloud, name)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ranges": {}}, "At least one hyperparameter range"),
        ({"ranges": continuous("x", 1, 0)}, "MinValue 1 over MaxValue 0"),
        ({"ranges": continuous("x", "a", 1)}, "'a', which is no number"),
        ({"ranges": continuous("x", "nan", 1)}, "'nan', which is no number"),
        ({"ranges": integer("x", "0.5", 1)}, "'0.5', which is no integer"),
        ({"ranges": continuous("x", 0, 1, "Logarithmic")}, "greater than 0"),
        ({"ranges": continuous("x", 0.5, 1, "ReverseLogarithmic")}, "within 0 <= x < 1.0"),
        ({"ranges": integer("x", 0, 9, "ReverseLogarithmic")}, "is for continuous ranges"),
        ({"ranges": integer("x", 1, 3), "most": 10}, r"provided ranges \[3.0\] must be equal or greater .* \[10\]"),
        ({"ranges": {**integer("x", 1, 3), **categorical("x", "a")}}, "has more than one range"),
        ({"ranges": categorical("x", "1", "2"), "static": {"x": "1"}}, "is among StaticHyperParameters"),
        ({"strategy": "Grid"}, "categorical ranges only; x are not"),
        ({"strategy": "Grid", "ranges": categorical("x", "1", "2"), "most": 3}, "must be its number of combinations"),
        ({"strategy": "Hyperband"}, "The strategy Hyperband is not run in the local cloud"),
        ({"config": {"TrainingJobEarlyStoppingType": "Auto"}}, "EarlyStoppingType Auto is not run"),
        ({"config": {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "f1"}}}, "A metric is required"),
        ({"most": None}, "MaxNumberOfTrainingJobs is required"),
    ],
)
def test_what_sagemaker_refuses_or_is_not_run_here_is_refused_and_nothing_trains(
    cloud: Cloud, asked: dict[str, Any], said: str
) -> None:
    wanted = request(**asked)
    with pytest.raises(ClientError, match=said):
        start(cloud, wanted)
    name = wanted["HyperParameterTuningJobName"]
    assert not cloud.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    assert not cloud.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]


@pytest.mark.parametrize(
    "more",
    [
        {
            "WarmStartConfig": {
                "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "x"}],
                "WarmStartType": "TransferLearning",
            }
        },
        {"Autotune": {"Mode": "Enabled"}},
        {"TrainingJobDefinitions": []},
        {"HyperParameterTuningJobName": "a" * 33},
        {"HyperParameterTuningJobName": "a_b"},
    ],
)
def test_parts_of_a_request_that_do_not_run_are_named(cloud: Cloud, more: dict[str, Any]) -> None:
    asked = {**request(), **more}
    if more == {"TrainingJobDefinitions": []}:
        asked["TrainingJobDefinitions"] = [asked.pop("TrainingJobDefinition")]
    with pytest.raises(ClientError, match=r"is not run in the local cloud|failed to satisfy constraint"):
        start(cloud, asked)


def test_a_name_is_given_once(cloud: Cloud) -> None:
    asked = request(most=1, parallel=1)
    start(cloud, asked)
    with pytest.raises(ClientError) as refused:
        start(cloud, asked)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    assert finished(cloud, asked["HyperParameterTuningJobName"])["HyperParameterTuningJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("told", "middle"),
    [
        (continuous("x", 0.0001, 1, "Logarithmic"), (0.001, 0.1)),
        (continuous("x", 0, 0.9999, "ReverseLogarithmic"), (0.9, 0.999)),
        (continuous("x", -2, 2), (-1.0, 1.0)),
        (integer("x", 1, 1000, "Logarithmic"), (5, 200)),
        (integer("x", -5, 5), (-3, 3)),
        (continuous("x", 0.5, 0.5), (0.5, 0.5)),
    ],
)
def test_values_are_drawn_within_their_range_and_by_its_scaling(told: dict[str, Any], middle: tuple[float, float]) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    (item,) = tuning_space.read(told, {})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    drawn = sorted(float(item.draw(study.ask())) for _ in range(101))
    assert item.low <= drawn[0]
    assert drawn[-1] <= item.high
    assert middle[0] <= drawn[50] <= middle[1]


def test_the_number_of_combinations_is_that_of_all_ranges_together() -> None:
    told = {**integer("a", 1, 3), **categorical("b", "x", "y")}
    assert tuning_space.combinations(tuning_space.read(told, {})) == 6
    assert tuning_space.combinations(tuning_space.read({**told, **continuous("c", 0, 1)}, {})) == math.inf
    with pytest.raises(RequestError, match="AutoParameters is not run"):
        tuning_space.read({"AutoParameters": [{"Name": "x", "ValueHint": "1"}]}, {})
