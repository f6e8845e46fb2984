"""Look-ups and the settings of providers, as the genuine engine and SDK ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi_aws as aws
import pytest
from pulumi import ResourceOptions

from tests.e2e.inline import Inline
from tests.e2e.slipway import Slipway


@pytest.fixture
def stack(here: Slipway) -> Iterator[Inline]:
    here.run("local", "start")
    made = Inline(here=here, stack="looks")
    yield made
    made.destroy()
    assert made.orphans() == []


def test_what_a_lookup_reads_of_a_secret_stays_encrypted(stack: Inline) -> None:
    stack.here.boto("ssm").put_parameter(Name="/given", Type="SecureString", Value="looked-up-word")

    def program() -> None:
        aws.sns.Topic("topic", display_name=aws.ssm.get_parameter_output(name="/given").value)

    try:
        stack.up(program)
        topic = stack.resources()["topic"]["id"]
        found = stack.here.boto("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"]
        assert found == "looked-up-word"
        assert "looked-up-word" not in stack.text()
    finally:
        stack.here.boto("ssm").delete_parameter(Name="/given")


def test_a_provider_of_another_account_does_not_start_and_ignores_what_it_is_told_to(stack: Inline) -> None:
    def program(accounts: list[str]) -> None:
        provider = aws.Provider(
            "explicit",
            region="us-east-1",
            allowed_account_ids=accounts,
            ignore_tags=aws.ProviderIgnoreTagsArgs(keys=["cost"]),
        )
        aws.sns.Topic("topic", name_prefix="t-", tags={"a": "b"}, opts=ResourceOptions(provider=provider))

    refused = stack.up(lambda: program(["111122223333"]), ok=False).result.faults
    assert any("AWS account ID not allowed: 123456789012" in fault.message for fault in refused)
    stack.up(lambda: program(["123456789012"]))
    topic = stack.resources()["topic"]
    assert topic["outputs"]["name"].startswith("t-")
    stack.here.boto("sns").tag_resource(ResourceArn=topic["id"], Tags=[{"Key": "cost", "Value": "42"}])
    assert stack.refresh().changed() == {}
    stack.settled(lambda: program(["123456789012"]))
    assert {"Key": "cost", "Value": "42"} in stack.here.boto("sns").list_tags_for_resource(ResourceArn=topic["id"])["Tags"]
