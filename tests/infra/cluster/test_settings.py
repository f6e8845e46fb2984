"""The cluster's settings: the defaults have no fault, and each fault says what is wrong and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.base.section import Section
from infra.cluster.settings import ClusterSettings, GpuPool
from tests.infra.recorded_components import PLACE


def faults(section: Section) -> list[str]:
    return [str(fault) for fault in section.faults("x", PLACE)]


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
def test_a_pool_that_cannot_work_is_refused_with_the_way_out(pool: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(GpuPool.model_validate(GPU | pool))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.{path} = ")
    assert way_out in found[0]


def test_an_efa_pool_in_one_zone_with_a_reservation_is_fine() -> None:
    assert (
        faults(GpuPool.model_validate(GPU | {"efa": True, "zones": ["us-east-1a"], "reservationId": "cr-0123456789abcdef0"}))
        == []
    )


def test_a_pool_is_tainted_with_its_own_accelerator_unless_it_names_taints() -> None:
    assert GpuPool.model_validate(GPU).node_taints == ({"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},)
    neuron = GpuPool.model_validate(GPU | {"instanceType": "trn1.32xlarge"})
    assert neuron.node_taints[0]["key"] == "aws.amazon.com/neuron"
    own_taints = GpuPool.model_validate(GPU | {"taints": ["team=vision:NoExecute"]})
    assert own_taints.node_taints == ({"key": "team", "value": "vision", "effect": "NO_EXECUTE"},)


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
    ("changes", "says"),
    [
        ({"version": "1.20"}, "x.version = '1.20': unsupported Kubernetes version: EKS has 1.32, 1.33, 1.34, 1.35"),
        ({"version": "1.99"}, "unsupported Kubernetes version"),
        ({"systemPool": {"min": 3, "desired": 2, "max": 4}}, "x.systemPool.desired = 2: must lie between min 3 and max 4"),
        ({"systemPool": {"min": 1, "desired": 5, "max": 4}}, "x.systemPool.desired = 5: must lie between min 1 and max 4"),
        ({"systemPool": {"min": 4, "desired": 4, "max": 3}}, "no number lies between min 4 and max 3; raise max to 4 or more"),
        ({"gpuPools": [GPU | {"min": 2, "desired": 1, "max": 3}]}, "x.gpuPools[0].desired = 1: must lie between min 2 and max 3"),
        ({"gpuPools": [GPU | {"min": 0, "desired": 4, "max": 3}]}, "x.gpuPools[0].desired = 4: must lie between min 0 and max 3"),
    ],
)
def test_what_eks_refuses_of_versions_and_sizes_is_a_fault_of_the_file(changes: dict[str, Any], says: str) -> None:
    assert any(says in fault for fault in faults(ClusterSettings.model_validate(changes)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"moreInstanceTypes": ["m6i.large"]}, "has 0 accelerators where g6.xlarge has 1"),
        ({"moreInstanceTypes": ["g5g.xlarge"]}, "arm64"),
        ({"moreInstanceTypes": ["g6.xlarge"]}, "there already"),
        ({"instanceType": "g6.12xlarge", "moreInstanceTypes": ["g5.12xlarge"], "efa": True, "zones": ["us-east-1a"]}, "efa"),
        ({"moreInstanceTypes": ["inf2.xlarge"]}, "nvidia.com/gpu"),
        ({"moreInstanceTypes": ["g4ad.xlarge"]}, "has Radeon Pro V520 of AMD"),
        ({"instanceType": "g4ad.xlarge"}, "has Radeon Pro V520 of AMD, which the images for NVIDIA and for Neuron cannot use"),
        ({"instanceType": "dl2q.24xlarge"}, "has Qualcomm AI100 of Qualcomm"),
    ],
)
def test_types_of_one_pool_are_alike_to_pods(changes: dict[str, Any], says: str) -> None:
    faults = list(GpuPool.model_validate({"name": "gpu", "instanceType": "g6.xlarge"} | changes).faults("pool", PLACE))
    assert any(says in str(fault) for fault in faults), faults


def test_two_administrators_of_one_last_name_are_distinguished_or_refused() -> None:
    from infra.cluster.settings import ClusterSettings
    from tests.infra.recorded_components import PLACE

    both = ("arn:aws:iam::123456789012:role/a/admin", "arn:aws:iam::123456789012:role/b/admin")
    faults = list(ClusterSettings(admin_principal_arns=both).faults("cluster", PLACE))
    assert [fault.path for fault in faults] == ["cluster.adminPrincipalArns[1]"], "the second would silently take its place"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"logTypes": ["audits"]}, "controllerManager"),
        ({"version": "latest"}, "1.35"),
        ({"addons": {"coredns": "v1.13"}}, "v1.21.1-eksbuild.3"),
        ({"adminPrincipalArns": ["admin"]}, "arn:aws:iam::"),
        ({"gpuPools": [GPU | {"taints": ["gpu"]}]}, "key=value:effect"),
        ({"gpuPools": [GPU | {"reservationId": "r-1"}]}, "cr-"),
        ({"gpuPools": [GPU | {"instanceType": "p5.49xlarge"}]}, "p5.48xlarge"),
    ],
)
def test_a_single_wrong_value_names_a_right_one(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace(".", r"\.")):
        ClusterSettings.model_validate(values)


def test_the_defaults_have_no_faults() -> None:
    assert faults(ClusterSettings()) == []
