"""Every fault of compute settings says what is wrong and the way out; every default is free of faults."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.settings_base import Section
from infra.settings_compute import ClusterSettings, GpuPool, ServingSettings, TrainingSettings, unknown_jobs
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
        ({"hyperparameters": {f"h{number}": number for number in range(99)}}, "hyperparameters", "100"),
        ({"metrics": [f"m{number}" for number in range(41)]}, "metrics", "drop 1"),
    ],
)
def test_a_job_that_cannot_work_is_told_with_the_way_out(job: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(TrainingSettings.model_validate({"jobs": {"digits": job}}))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.jobs.digits.{path} = ")
    assert way_out in found[0]


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


def test_a_spot_job_waits_twice_its_runtime_unless_told() -> None:
    jobs = TrainingSettings.model_validate({"jobs": {"a": {"spot": True, "maxRuntimeSeconds": 600}, "b": {}}}).jobs
    assert jobs["a"].longest_wait_seconds == 1200
    assert jobs["b"].longest_wait_seconds is None
