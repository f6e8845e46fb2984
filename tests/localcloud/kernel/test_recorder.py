"""The recorder: kinds that moto lacks, over real protocols; here in front of an application that only says it was reached."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import botocore.exceptions
import pytest

from localcloud.kernel.clients import in_process
from localcloud.kernel.context import Clients
from localcloud.kernel.recorded import Addition, ApiCall, Recorded, Refusal
from localcloud.kernel.recorder import Recorder

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/team/it"


def _arn(call: ApiCall, kind: str, name: str) -> str:
    return f"arn:aws:eks:{call.region}:123456789012:{kind}/{name}"


def _no_cluster(call: ApiCall) -> None:
    if call.params["clusterName"] == "gone":
        raise Refusal("ResourceNotFoundException", "No cluster found for name: gone.")


ENTRY = Recorded(
    service="eks",
    noun="access-entry",
    key=("clusterName", "principalArn"),
    operations={
        "CreateAccessEntry": "create",
        "DescribeAccessEntry": "describe",
        "ListAccessEntries": "list",
        "UpdateAccessEntry": "update",
        "DeleteAccessEntry": "delete",
    },
    output="accessEntry",
    listed=("accessEntries", "principalArn"),
    made=lambda call: {"accessEntryArn": _arn(call, "access-entry", "x/y"), "tags": call.params.get("tags", {})},
    arn="accessEntryArn",
    missing=("ResourceNotFoundException", "no entry {1} in {0}"),
    exists=("ResourceInUseException", "{1} is in {0}"),
    parent=_no_cluster,
    filters={"clusterName": "clusterName"},
)
GROUP = Recorded(
    service="ec2",
    noun="placement-group",
    key=("GroupName",),
    operations={"CreatePlacementGroup": "create", "DescribePlacementGroups": "list", "DeletePlacementGroup": "delete"},
    output="PlacementGroup",
    listed=("PlacementGroups", ""),
    made=lambda call: {"GroupId": "pg-1", "GroupArn": _arn(call, "placement-group", call.params["GroupName"])},
    arn="GroupArn",
    id="GroupId",
    missing=("InvalidPlacementGroup.Unknown", "no {0}"),
    exists=("InvalidPlacementGroup.Duplicate", "{0} is there"),
    filters={"GroupNames": "GroupName"},
    wrap=lambda call, item: {} if call.operation == "DeletePlacementGroup" else {"PlacementGroup": item},
)


class Behind:
    """What stands behind the recorder: remembers the bodies that reached it, and answers an empty object."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]


@pytest.fixture(scope="module")
def shared() -> tuple[Behind, Recorder, Clients]:
    """Clients are slow to make, so the module shares one set."""
    behind = Behind()
    recorder = Recorder(behind, [Addition(service="eks", recorded=(ENTRY,)), Addition(service="ec2", recorded=(GROUP,))])
    return behind, recorder, in_process(recorder, "http://127.0.0.1:1")


@pytest.fixture
def behind(shared: tuple[Behind, Recorder, Clients]) -> Behind:
    shared[0].bodies.clear()
    return shared[0]


@pytest.fixture
def recorder(shared: tuple[Behind, Recorder, Clients]) -> Recorder:
    shared[1].store.reset()
    shared[1].extras.clear()
    return shared[1]


@pytest.fixture
def eks(recorder: Recorder, shared: tuple[Behind, Recorder, Clients]) -> Any:
    return shared[2]("eks", REGION)


@pytest.fixture
def ec2(recorder: Recorder, shared: tuple[Behind, Recorder, Clients]) -> Any:
    return shared[2]("ec2", REGION)


def _code(error: pytest.ExceptionInfo[botocore.exceptions.ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_what_is_created_is_described_listed_updated_and_deleted(eks: Any) -> None:
    entry = {"clusterName": "c", "principalArn": ROLE}
    eks.create_access_entry(**entry, kubernetesGroups=["a"], clientRequestToken="token")
    found = eks.describe_access_entry(**entry)["accessEntry"]
    assert (found["principalArn"], found["kubernetesGroups"]) == (ROLE, ["a"])
    assert "clientRequestToken" not in found
    assert eks.list_access_entries(clusterName="c")["accessEntries"] == [ROLE]
    assert eks.list_access_entries(clusterName="other")["accessEntries"] == []
    assert eks.update_access_entry(**entry, kubernetesGroups=["b"])["accessEntry"]["kubernetesGroups"] == ["b"]
    eks.delete_access_entry(**entry)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        eks.describe_access_entry(**entry)
    assert _code(error) == "ResourceNotFoundException"
    assert f"no entry {ROLE} in c" in str(error.value)


def test_a_second_of_one_key_and_one_without_its_owner_are_refused_in_aws_s_words(eks: Any) -> None:
    eks.create_access_entry(clusterName="c", principalArn=ROLE)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        eks.create_access_entry(clusterName="c", principalArn=ROLE)
    assert _code(error) == "ResourceInUseException"
    with pytest.raises(botocore.exceptions.ClientError) as error:
        eks.create_access_entry(clusterName="gone", principalArn=ROLE)
    assert _code(error) == "ResourceNotFoundException"


def test_regions_are_apart(eks: Any, shared: tuple[Behind, Recorder, Clients]) -> None:
    eks.create_access_entry(clusterName="c", principalArn=ROLE)
    assert shared[2]("eks", "us-east-1").list_access_entries(clusterName="c")["accessEntries"] == []


def test_recorded_resources_are_tagged_by_their_arn(eks: Any) -> None:
    arn = eks.create_access_entry(clusterName="c", principalArn=ROLE, tags={"a": "1"})["accessEntry"]["accessEntryArn"]
    eks.tag_resource(resourceArn=arn, tags={"b": "2", "c": "3"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a", "c"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_ec2_s_protocol_filters_tags_and_errors(ec2: Any) -> None:
    specification = [{"ResourceType": "placement-group", "Tags": [{"Key": "a", "Value": "1"}]}]
    ec2.create_placement_group(GroupName="g", Strategy="cluster", TagSpecifications=specification)
    ec2.create_tags(Resources=["pg-1"], Tags=[{"Key": "b", "Value": "2"}])
    ec2.delete_tags(Resources=["pg-1"], Tags=[{"Key": "a"}])
    found = ec2.describe_placement_groups(GroupNames=["g"])["PlacementGroups"]
    assert [(group["Strategy"], group["Tags"]) for group in found] == [("cluster", [{"Key": "b", "Value": "2"}])]
    ec2.delete_placement_group(GroupName="g")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        ec2.describe_placement_groups(GroupNames=["g"])
    assert _code(error) == "InvalidPlacementGroup.Unknown"
    with pytest.raises(botocore.exceptions.ClientError) as error:
        ec2.delete_placement_group(GroupName="g")
    assert _code(error) == "InvalidPlacementGroup.Unknown"


def test_everything_else_reaches_the_application_behind_with_its_body(eks: Any, behind: Behind) -> None:
    eks.tag_resource(resourceArn="arn:aws:eks:eu-west-1:123456789012:cluster/c", tags={"a": "1"})
    eks.list_clusters()
    assert [json.loads(body or b"{}") for body in behind.bodies] == [{"tags": {"a": "1"}}, {}]


def test_an_extra_answers_or_declines(eks: Any, behind: Behind, recorder: Recorder) -> None:
    recorder.extras["eks", "ListClusters"] = lambda call: {"clusters": [call.region]} if call.params.get("maxResults") else None
    assert eks.list_clusters(maxResults=5)["clusters"] == [REGION]
    assert not behind.bodies
    assert "clusters" not in eks.list_clusters()
    assert len(behind.bodies) == 1


def test_an_extra_refuses_in_aws_s_words(eks: Any, recorder: Recorder) -> None:
    def refuse(call: ApiCall) -> None:
        raise Refusal("InvalidRequestException", f"not {call.operation}")

    recorder.extras["eks", "ListClusters"] = refuse
    with pytest.raises(botocore.exceptions.ClientError, match="not ListClusters") as error:
        eks.list_clusters()
    assert _code(error) == "InvalidRequestException"


def test_what_goes_with_its_owner_is_forgotten_and_nothing_else(eks: Any, recorder: Recorder) -> None:
    for cluster in ("c", "d"):
        eks.create_access_entry(clusterName=cluster, principalArn=ROLE)
    recorder.store.forget("eks", REGION, clusterName="c")
    assert [item["clusterName"] for item in recorder.store.items("eks", "access-entry", REGION)] == ["d"]


def test_reset_forgets_all(eks: Any, recorder: Recorder) -> None:
    eks.create_access_entry(clusterName="c", principalArn=ROLE)
    recorder.store.reset()
    assert recorder.store.items("eks", "access-entry", REGION) == []
