"""Every fault of compute settings says what is wrong and the way out; every default is free of faults."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.base.section import Section
from infra.cluster.settings import ClusterSettings, GpuPool
from infra.serving.settings import ServingSettings, unknown_jobs
from infra.training.settings import TrainingSettings
from tests.infra.compute_fixtures import PLACE


def faults(section: Section) -> list[str]:
    return [str(fault) for fault in section.faults("x", PLACE)]


@pytest.mark.parametrize(
    "section", [ClusterSettings(), TrainingSettings(), ServingSettings()], ids=lambda section: type(section).__name__
)
def test_defaults_have_no_faults(section: Section) -> None:
    assert faults(section) == []


GPU = {"name": "gpu", "instanceType": "p5.48xlarge", "max": 4}


@pytest.mark.parametrize(
    ("pool", "path", "way_out"),
    [
        ({"min": 2, "desired": 1, "max": 4}, "desired", "set it to 2"),
        ({"min": 5, "desired": 1, "max": 4}, "desired", "raise max to 5"),
        ({"instanceType": "m6i.large"}, "instanceType", "p5.48xlarge"),
        ({"instanceType": "g6.xlarge", "efa": True, "zones": ["us-east-1a"]}, "efa", "g6.12xlarge"),
        ({"efa": True}, "zones", "name exactly one"),
        ({"efa": True, "zones": ["us-east-1a", "us-east-1b"]}, "zones", "name exactly one"),
        ({"placementGroup": True}, "zones", "name exactly one"),
        ({"zones": ["us-east-1z"]}, "zones[0]", "us-east-1a"),
        (
            {"placementGroup": True, "reservationId": "cr-0123456789abcdef0", "zones": ["us-east-1a"]},
            "placementGroup",
            "drop one",
        ),
        ({"capacityType": "CAPACITY_BLOCK"}, "capacityType", "reservationId"),
        ({"capacityType": "SPOT", "reservationId": "cr-0123456789abcdef0", "zones": ["us-east-1a"]}, "capacityType", "ON_DEMAND"),
    ],
)
def test_a_pool_that_cannot_work_is_told_with_the_way_out(pool: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(GpuPool.model_validate(GPU | pool))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.{path} = ")
    assert way_out in found[0]


def test_an_efa_pool_in_one_zone_with_a_reservation_is_fine() -> None:
    assert (
        faults(GpuPool.model_validate(GPU | {"efa": True, "zones": ["us-east-1a"], "reservationId": "cr-0123456789abcdef0"}))
        == []
    )


def test_a_pool_is_tainted_with_its_own_accelerator_unless_told_otherwise() -> None:
    assert GpuPool.model_validate(GPU).node_taints == ({"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},)
    neuron = GpuPool.model_validate(GPU | {"instanceType": "trn1.32xlarge"})
    assert neuron.node_taints[0]["key"] == "aws.amazon.com/neuron"
    told = GpuPool.model_validate(GPU | {"taints": ["team=vision:NoExecute"]})
    assert told.node_taints == ({"key": "team", "value": "vision", "effect": "NO_EXECUTE"},)


def test_cluster_faults_name_the_pool_they_are_in() -> None:
    twins = ClusterSettings.model_validate({"gpuPools": [GPU, GPU]})
    assert any(fault.startswith("x.gpuPools[1].name = 'gpu': is taken") for fault in faults(twins))


def test_a_world_open_api_server_is_refused() -> None:
    assert any(
        "publicAccessCidrs[0]" in fault for fault in faults(ClusterSettings.model_validate({"publicAccessCidrs": ["0.0.0.0/0"]}))
    )


def test_kube_proxy_must_fit_the_clusters_version() -> None:
    assert any("pin a v1.34.x build" in fault for fault in faults(ClusterSettings.model_validate({"version": "1.34"})))


@pytest.mark.parametrize(
    ("job", "path", "way_out"),
    [
        ({"spot": True, "checkpoints": False}, "spot", "checkpoints: true"),
        ({"maxWaitSeconds": 7200}, "maxWaitSeconds", "spot: true"),
        ({"spot": True, "maxRuntimeSeconds": 3600, "maxWaitSeconds": 600}, "maxWaitSeconds", "3600"),
        ({"processesPerHost": 8}, "processesPerHost", "2 CPUs"),
        ({"instanceType": "ml.p5.48xlarge", "processesPerHost": 16}, "processesPerHost", "8 accelerators"),
        ({"hyperparameters": {"workload": "other"}}, "hyperparameters.workload", "`workload`"),
        ({"workload": "own", "dataset": "digits", "hyperparameters": {f"h{n}": n for n in range(96)}}, "hyperparameters", "100"),
        ({"hyperparameters": {"data_uri": "s3://x/"}}, "hyperparameters.data_uri", "`dataset`"),
        ({"search": {"checkpoint_uri": {"choices": ["a"]}}}, "search.checkpoint_uri", "`streaming`"),
        ({"metrics": [f"m{number}" for number in range(41)]}, "metrics", "drop 1"),
        ({"streaming": True, "networkIsolation": True}, "networkIsolation", "streaming needs it"),
        ({"workload": "corpus", "networkIsolation": True}, "networkIsolation", "writes to the lake"),
        ({"dataset": "digit"}, "dataset", "did you mean digits?"),
        ({"workload": "corpus", "dataset": "digits"}, "dataset", "drop it"),
        ({"workload": "language"}, "dataset", "needs one"),
        ({"workload": "letters"}, "workload", "digits"),
        ({"needs": ["corpus"]}, "needs[0]", "no training job"),
        ({"needs": ["digits"]}, "needs", "circle"),
        ({"fromModel": {"job": "x", "group": "y"}, "run": "demand"}, "fromModel", "no one model"),
        ({"fromModel": {}, "run": "demand"}, "fromModel", "job"),
        ({"fromModel": {"group": "slipway-dev-digits"}}, "run", "run: demand"),
        ({"teacher": {"job": "wide"}, "run": "demand"}, "teacher.job", "there are digits"),
        ({"approval": {"test_f1": {"min": 0.9}}}, "approval.test_f1", "metrics"),
        ({"approval": {"test_loss": {}}}, "approval.test_loss", "min, max or both"),
        ({"approval": {"test_loss": {"min": 2, "max": 1}}}, "approval.test_loss.min", "above max 1"),
        ({"search": {"width": {"low": 8}}}, "search.width.high", "give high"),
        ({"search": {"width": {"low": 8, "high": 8}}}, "search.width.low", "not below"),
        ({"search": {"width": {"low": 8, "high": 9, "choices": [1]}}}, "search.width", "low and high, or choices"),
        ({"search": {"width": {"low": 0, "high": 9, "log": True}}}, "search.width.log", "above 0"),
        ({"search": {"width": {"low": 1, "high": 9, "log": True, "step": 2}}}, "search.width.step", "drop it"),
        ({"channels": {"model": "models/x/"}}, "channels.model", "`fromModel`"),
        ({"channels": {f"c{number}": f"x/{number}/" for number in range(17)}}, "channels", "use fewer"),
    ],
)
def test_a_job_that_cannot_work_is_told_with_the_way_out(job: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(TrainingSettings.model_validate({"jobs": {"digits": job}}))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.jobs.digits.{path} = ")
    assert way_out in found[0]


TWO = {"digits": {}, "corpus": {"workload": "corpus", "run": "demand"}}


def test_what_up_runs_cannot_wait_for_what_it_does_not_run() -> None:
    jobs = {**TWO, "language": {"workload": "language", "dataset": "corpus"}}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.language.run = 'up': needs corpus, which `up` does not run")


def test_a_model_cannot_come_from_a_job_that_leaves_none() -> None:
    jobs = {**TWO, "tuned": {"run": "demand", "fromModel": {"job": "corpus"}}}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.tuned.fromModel.job = 'corpus': leaves no model")


def test_a_circle_of_needs_is_told_once() -> None:
    jobs = {name: {"run": "demand", "needs": [need]} for name, need in (("a", "b"), ("b", "c"), ("c", "a"))}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.a.needs = 'a -> b -> c -> a': goes in a circle")


def test_jobs_come_after_what_they_read() -> None:
    jobs = {
        "language": {"workload": "language", "dataset": "corpus", "run": "demand", "needs": ["digits"]},
        "tuned": {"run": "demand", "fromModel": {"job": "digits"}},
        **TWO,
    }
    training = TrainingSettings.model_validate({"jobs": jobs})
    assert faults(training) == []
    assert training.needs("language") == ("digits", "corpus")
    assert training.ordered() == ["digits", "corpus", "language", "tuned"]


def test_a_job_has_no_network_unless_it_reaches_s3_itself() -> None:
    jobs = {**TWO, "stream": {"streaming": True}, "open": {"networkIsolation": False}}
    isolated = {name: job.isolated for name, job in TrainingSettings.model_validate({"jobs": jobs}).jobs.items()}
    assert isolated == {"digits": True, "corpus": False, "stream": False, "open": False}


@pytest.mark.parametrize(
    ("endpoint", "path", "way_out"),
    [
        ({"variants": {"main": {"weight": -1}, "other": {}}}, "variants.main.weight", "0 keeps"),
        ({"variants": {"main": {"weight": 0}}}, "variants", "above 0"),
        (
            {"variants": {"main": {"min": 2, "initialCount": 1, "max": 3}}},
            "variants.main.initialCount",
            "between min 2 and max 3",
        ),
        ({"variants": {"main": {"min": 4, "initialCount": 4, "max": 3}}}, "variants.main.initialCount", "raise max to 4"),
        ({"variants": {}}, "variants", "1 to 5"),
        ({"variants": {f"v{number}": {} for number in range(6)}}, "variants", "ten alarms"),
    ],
)
def test_an_endpoint_that_cannot_work_is_told_with_the_way_out(endpoint: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(ServingSettings.model_validate({"endpoints": {"digits": endpoint}}))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.endpoints.digits.{path} = ")
    assert way_out in found[0]


@pytest.mark.parametrize(
    ("model", "values", "words"),
    [
        (ClusterSettings, {"logTypes": ["audits"]}, "controllerManager"),
        (ClusterSettings, {"version": "latest"}, "1.35"),
        (ClusterSettings, {"addons": {"coredns": "v1.13"}}, "v1.21.1-eksbuild.3"),
        (ClusterSettings, {"adminPrincipalArns": ["admin"]}, "arn:aws:iam::"),
        (ClusterSettings, {"gpuPools": [GPU | {"taints": ["gpu"]}]}, "key=value:effect"),
        (ClusterSettings, {"gpuPools": [GPU | {"reservationId": "r-1"}]}, "cr-"),
        (ClusterSettings, {"gpuPools": [GPU | {"instanceType": "p5.49xlarge"}]}, "p5.48xlarge"),
        (TrainingSettings, {"jobs": {"digits": {"instanceType": "m5.large"}}}, "ml.m5.large"),
        (TrainingSettings, {"jobs": {"Digits_1": {}}}, "lower-case"),
        (TrainingSettings, {"jobs": {"digits": {"run": "later"}}}, "'up' or 'demand'"),
        (TrainingSettings, {"jobs": {"digits": {"channels": {"labels": "s3://mine/labels/"}}}}, "labels/v3/"),
        (TrainingSettings, {"jobs": {"digits": {"channels": {"labels": "../models/"}}}}, "labels/v3/"),
        (TrainingSettings, {"jobs": {"digits": {"fromModel": {"group": "no group"}}}}, "slipway-dev-digits"),
        (ServingSettings, {"endpoint": {}}, "endpoint"),
    ],
)
def test_a_single_wrong_value_names_a_right_one(model: type[Section], values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace(".", r"\.")):
        model.model_validate(values)


def test_a_variant_of_a_job_that_is_not_there_is_found() -> None:
    serving = ServingSettings.model_validate({"endpoints": {"digits": {"variants": {"main": {"job": "letters"}}}}})
    (fault,) = unknown_jobs(TrainingSettings(), serving, "slipway:serving")
    assert fault.path == "slipway:serving.endpoints.digits.variants.main.job"
    assert "digits" in fault.message


@pytest.mark.parametrize(
    ("job", "words"), [({"run": "demand"}, "runs on demand"), ({"workload": "corpus"}, "leaves no model (workload corpus)")]
)
def test_a_model_that_up_cannot_know_is_not_served(job: dict[str, Any], words: str) -> None:
    training = TrainingSettings.model_validate({"jobs": {"digits": job, "other": {}}})
    (fault,) = unknown_jobs(training, ServingSettings(), "slipway:serving")
    assert fault.path == "slipway:serving.endpoints.digits.variants.main.job"
    assert words in fault.message
    assert "serve one of other" in fault.message


def test_a_spot_job_waits_twice_its_runtime_unless_told() -> None:
    jobs = TrainingSettings.model_validate({"jobs": {"a": {"spot": True, "maxRuntimeSeconds": 600}, "b": {}}}).jobs
    assert jobs["a"].longest_wait_seconds == 1200
    assert jobs["b"].longest_wait_seconds is None
