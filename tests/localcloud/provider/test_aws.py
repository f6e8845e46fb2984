"""The provider `aws` through Pulumi's protocol: what the engine relies on in an answer's form. All else is shown by tests/e2e."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2

from catalog import functions
from catalog.types import ec2, sns
from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.ledger import Ledger
from localcloud.provider import wire
from localcloud.provider.aws import AwsProvider
from localcloud.provider.protocol import Servicer
from tests.localcloud.golden_report import new_engine

SECRET = "1b47061264138c4ac30d75fd1eb44270"


class Peer:
    """The part of gRPC's context that the adapter uses."""

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    def abort(self, code: Any, text: str) -> None:
        raise AssertionError(f"{code}: {text}")


@pytest.fixture(scope="module")
def aws() -> AwsProvider:
    return AwsProvider(new_engine(), Ledger(), "7.0.0")


@pytest.fixture(scope="module")
def provider(aws: AwsProvider) -> Servicer:
    return Servicer(aws)


def urn(token: str) -> str:
    return f"urn:pulumi:local::slipway::{token}::it"


def struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())


@pytest.mark.parametrize(
    ("change", "differs", "replaces"),
    [
        ({}, False, []),
        ({"version": "7.1.0"}, False, []),
        ({"defaultTags": '{"tags":{"Owner":"ops"}}'}, True, []),
        ({"region": "us-west-2"}, True, ["region"]),
    ],
)
def test_a_provider_whose_settings_changed_says_so(
    provider: Servicer, change: dict[str, str], differs: bool, replaces: list[str]
) -> None:
    olds = {"region": "us-east-1", "version": "7.0.0", "defaultTags": '{"tags":{"Owner":"ml"}}'}
    request = provider_pb2.DiffRequest(olds=struct(olds), news=struct({**olds, **change}))
    answer = provider.DiffConfig(request, Peer())
    assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)) == (differs, replaces)


def test_what_is_not_there_is_read_as_nothing_at_all(provider: Servicer) -> None:
    """An empty struct instead of none would be taken for an import that succeeded."""
    answer = provider.Read(provider_pb2.ReadRequest(id="vpc-12345678", urn=urn(ec2.VPC.token)), Peer())
    assert not answer.HasField("properties")
    assert not answer.HasField("inputs")
    assert answer.id == ""


def test_a_secret_input_comes_back_as_a_secret_from_every_call(provider: Servicer) -> None:
    hidden = {wire.SIGNATURE: SECRET, "value": "word"}
    wanted = {"displayName": hidden, "tags": {"a": hidden, "b": "plain"}}

    def shown(answer: struct_pb2.Struct) -> list[Any]:
        values = json_format.MessageToDict(answer)
        return [values[key] for key in ("displayName", "tags", "tagsAll") if key in values]

    inputs = provider.Check(provider_pb2.CheckRequest(urn=urn(sns.TOPIC.token), news=struct(wanted)), Peer()).inputs
    secret = [hidden, wanted["tags"]]
    assert shown(inputs) == secret
    for preview in (True, False):
        request = provider_pb2.CreateRequest(urn=urn(sns.TOPIC.token), properties=inputs, preview=preview)
        made = provider.Create(request, Peer())
        assert shown(made.properties)[:2] == secret
    assert shown(made.properties) == [*secret, wanted["tags"]]
    read = provider_pb2.ReadRequest(id=made.id, urn=urn(sns.TOPIC.token), properties=made.properties, inputs=inputs)
    found = provider.Read(read, Peer())
    assert (shown(found.properties), shown(found.inputs)) == ([*secret, wanted["tags"]], secret)
    update = provider_pb2.UpdateRequest(id=made.id, urn=urn(sns.TOPIC.token), olds=made.properties, news=inputs)
    assert shown(provider.Update(update, Peer()).properties) == [*secret, wanted["tags"]]


def test_a_read_alone_makes_nothing_the_stack_s_own(aws: AwsProvider, provider: Servicer) -> None:
    vpc = aws.engine.clients("ec2", "us-east-1").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert provider.Read(provider_pb2.ReadRequest(id=vpc, urn=urn(ec2.VPC.token)), Peer()).id == vpc
    assert vpc not in {entry.id for entry in aws.ledger.all()}


def test_an_engine_s_settings_are_its_own_connection_s(aws: AwsProvider) -> None:
    settings = {"region": "eu-west-1", "defaultTags": '{"tags":{"Owner":"ml"}}'}
    configured = aws.configure(settings)
    assert (configured.engine.region, configured.engine.default_tags) == ("eu-west-1", {"Owner": "ml"})
    assert aws.configure({"region": UNKNOWN_MARK}).engine.region == aws.engine.region
    assert aws.engine.default_tags == {}
    assert aws.regions >= {"eu-west-1", "us-east-1"}


def test_an_error_of_aws_s_is_told_in_its_own_words(provider: Servicer) -> None:
    request = provider_pb2.DeleteRequest(id="vpc-1", urn="urn:pulumi:local::slipway::aws:no/such:Such::it")
    with pytest.raises(AssertionError, match=r"UNKNOWN: aws:no/such:Such: the local cloud has no row for this type"):
        provider.Delete(request, Peer())
    taken = provider_pb2.CreateRequest(urn=urn(ec2.VPC.token), properties=struct({"cidrBlock": "10.0.0.0/8"}))
    with pytest.raises(AssertionError, match=r"InvalidVpc\.Range: .* \(CreateVpc\)"):
        provider.Create(taken, Peer())


def test_a_lookup_that_is_not_there_is_refused_by_its_name(provider: Servicer) -> None:
    request = provider_pb2.InvokeRequest(tok="aws:ec2/getSpotPrice:getSpotPrice")
    with pytest.raises(AssertionError, match=r"UNIMPLEMENTED: aws:ec2/getSpotPrice:getSpotPrice: .*lookups\.py"):
        provider.Invoke(request, Peer())


def test_what_a_lookup_finds_and_shall_stay_secret_is_a_secret_to_the_engine(aws: AwsProvider, provider: Servicer) -> None:
    aws.engine.clients("ssm", "us-east-1").put_parameter(Name="/word", Type="SecureString", Value="hidden")
    request = provider_pb2.InvokeRequest(tok=functions.SSM_PARAMETER, args=struct({"name": "/word"}))
    found = json_format.MessageToDict(getattr(provider.Invoke(request, Peer()), "return"))
    assert found["value"] == {wire.SIGNATURE: SECRET, "value": "hidden"}
    assert (found["type"], found["version"]) == ("SecureString", 1)


def test_settings_that_are_refused_fail_the_configuration(provider: Servicer) -> None:
    request = provider_pb2.ConfigureRequest(variables={"aws:config:allowedAccountIds": '["111122223333"]'})
    with pytest.raises(AssertionError, match=r"UNKNOWN: AWS account ID not allowed: 123456789012$"):
        provider.Configure(request, Peer())
