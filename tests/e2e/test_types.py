"""Every type of the local cloud through the genuine engine and pulumi-aws: made, changed, replaced, found again, gone.

The tests of a stack go on from each other, in order.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from localcloud.services.gathered import all_rows
from tests.e2e import inventory
from tests.e2e.every_type import CREATED_FIRST, DELETED_FIRST, NEVER_UPDATED, program
from tests.e2e.inline import MADE, REMOVED, Inline
from tests.e2e.slipway import Slipway
from tools.engine.home import REPOSITORY

_MODEL: Final = """
import sys, tarfile
from pathlib import Path
from workloads import artifact
from workloads.models.digits_net import DigitsNet
folder = Path(sys.argv[1])
net = DigitsNet(8)
kept = {"state": net.state_dict(), "architecture": net.architecture(), "task": "digits", "metrics": {}, "settings": {}}
artifact.save(folder / "m", details={"input": {"values": 64}, "labels": list(range(10))}, **kept)
with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
    for path in sorted((folder / "m").iterdir()):
        tar.add(path, path.name)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, here: Slipway) -> Path:
    """A model that was never trained, made in a process of its own while the cloud starts."""
    folder = tmp_path_factory.mktemp("model")
    with subprocess.Popen([sys.executable, "-c", _MODEL, str(folder)], cwd=REPOSITORY) as process:
        here.run("local", "start")
    assert process.returncode == 0
    return folder / "model.tar.gz"


@pytest.fixture(scope="module")
def untouched(here: Slipway, model: Path) -> dict[str, list[str]]:
    return inventory.of_cloud(here)


@pytest.fixture(scope="module")
def types(here: Slipway, untouched: dict[str, list[str]]) -> Inline:
    return Inline(here=here, stack="types")


def test_every_type_goes_up_and_nothing_differs_afterwards(types: Inline, model: Path) -> None:
    made = types.up(program(model))
    assert set(made.changed().values()) == {"create"}
    state = types.resources()
    assert {item["type"] for item in state.values()} == set(all_rows())
    types.settled(program(model))
    assert types.refresh().changed() == {}
    types.settled(program(model))
    cloud = inventory.of_cloud(types.here)
    assert [item["id"] for item in state.values() if item["type"] in cloud and item["id"] not in cloud[item["type"]]] == []


def test_a_secret_is_encrypted_in_the_state_and_plain_in_the_cloud(types: Inline) -> None:
    assert "s3cr3t-of-types" not in types.text()
    secret = types.outputs("secret")["arn"]
    assert types.here.boto("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "s3cr3t-of-types"


def test_one_change_in_place_of_every_type_updates_exactly_those(types: Inline, model: Path) -> None:
    before = types.resources()
    changed = program(model, updated=True)
    plan, ran = types.preview(changed), types.up(changed)
    assert set(ran.changed().values()) == {"update"}, ran.changed()
    assert plan.changed() == ran.changed()
    updated = {before[name]["type"] for name in ran.changed()}
    assert updated == set(all_rows()) - NEVER_UPDATED
    after = types.resources()
    assert {name: item["id"] for name, item in after.items()} == {name: item["id"] for name, item in before.items()}
    types.settled(changed)
    assert_cloud_has_the_new_values(types)


def assert_cloud_has_the_new_values(types: Inline) -> None:
    boto, state = types.here.boto, types.resources()

    def named(name: str) -> str:
        return str(state[name]["id"])

    assert boto("iam").get_role(RoleName=named("role"))["Role"]["MaxSessionDuration"] == 7200
    assert boto("s3").get_object(Bucket=named("bucket"), Key="a.json")["Body"].read() == b'{"a": 2}'
    assert boto("s3").get_bucket_versioning(Bucket=named("bucket"))["Status"] == "Suspended"
    assert boto("kms").describe_key(KeyId="alias/types")["KeyMetadata"]["KeyId"] == named("key-other")
    cluster = boto("eks").describe_cluster(name=named("cluster"))["cluster"]
    assert cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    gateways = boto("ec2").describe_internet_gateways(InternetGatewayIds=[named("gateway")])["InternetGateways"]
    assert {"Key": "round", "Value": "two"} in gateways[0]["Tags"]
    tables = boto("ec2").describe_route_tables(RouteTableIds=[named("table-a")])["RouteTables"]
    assert named("nat") in {route.get("NatGatewayId") for route in tables[0]["Routes"]}
    versions = boto("ec2").describe_launch_template_versions(LaunchTemplateId=named("template"), Versions=["$Default"])
    assert versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["InstanceType"] == "m5.xlarge"


def test_replacements_are_made_first_or_last_as_names_allow(types: Inline, model: Path) -> None:
    before = types.resources()
    changed = program(model, updated=True, replaced=True)
    ran = types.up(changed)
    by_op = {op: {name for name, other in ran.changed().items() if other == op} for op in set(ran.changed().values())}
    assert by_op == {"replace": CREATED_FIRST | DELETED_FIRST, "update": {"endpoint"}}
    assert {name: ran.order(name) for name in CREATED_FIRST} == {name: ["made", "removed"] for name in CREATED_FIRST}
    assert {name: ran.order(name) for name in DELETED_FIRST} == {name: ["removed", "made"] for name in DELETED_FIRST}
    # A dependant that must go with what it depends on goes before it, and comes after it.
    assert ran.at(REMOVED, "attachment") < ran.at(REMOVED, "role-fixed") < ran.at(MADE, "role-fixed") < ran.at(MADE, "attachment")
    # The endpoint moves to the new configuration before the old one is taken away.
    assert ran.at(MADE, "config") < ran.at(("update",), "endpoint") < ran.at(REMOVED, "config") < ran.at(REMOVED, "model")
    after = types.resources()
    assert all(after[name]["id"] != before[name]["id"] for name in CREATED_FIRST)
    assert after["role-fixed"]["id"] == before["role-fixed"]["id"] == "types-fixed"
    types.settled(changed)
    assert types.refresh().changed() == {}
    boto = types.here.boto
    assert boto("iam").get_role(RoleName="types-fixed")["Role"]["Path"] == "/moved/"
    endpoint = boto("sagemaker").describe_endpoint(EndpointName=after["endpoint"]["id"])
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", after["config"]["id"])
    assert boto("sagemaker").list_models()["Models"][0]["ModelName"] == after["model"]["id"]
    assert len(boto("sagemaker").list_models()["Models"]) == 1


def test_destroy_leaves_nothing_of_any_type(types: Inline, untouched: dict[str, list[str]]) -> None:
    endpoint = types.resources()["endpoint"]["id"]
    ran = types.destroy()
    assert ran.result.deleted > len(all_rows())
    assert types.orphans() == []
    # SageMaker makes the log group of an endpoint by itself and keeps it, as on AWS.
    types.here.boto("logs").delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{endpoint}")
    assert inventory.of_cloud(types.here) == untouched
