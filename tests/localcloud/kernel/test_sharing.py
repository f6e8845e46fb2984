"""GitHub's identity provider is one an account: two rehearsed environments share it, and the last one deletes it."""

from __future__ import annotations

import pytest

from catalog.types import iam
from localcloud.kernel import sharing
from localcloud.kernel.ledger import Ledger
from tests.localcloud.cloud import Cloud

DEV, PROD = (f"urn:pulumi:{stack}::slipway::{iam.OPEN_ID_CONNECT_PROVIDER.token}::{stack}-github" for stack in ("dev", "prod"))


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def provider(stack: str) -> dict[str, object]:
    tags = {"Environment": stack}
    url = "https://token.actions.githubusercontent.com"
    return {"url": url, "clientIdLists": ["sts.amazonaws.com"], "tags": tags}


def environment(cloud: Cloud, identifier: str) -> str:
    answer = cloud.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=identifier)
    return str(next(tag["Value"] for tag in answer["Tags"] if tag["Key"] == "Environment"))


def test_the_second_environment_takes_part_and_the_first_to_go_hands_over(cloud: Cloud) -> None:
    ledger = Ledger()
    made = cloud.make(iam.OPEN_ID_CONNECT_PROVIDER.token, **provider("dev"))
    ledger.keep(DEV, iam.OPEN_ID_CONNECT_PROVIDER.token, made.id, made.outputs)
    assert sharing.join(cloud.engine, ledger, DEV, iam.OPEN_ID_CONNECT_PROVIDER.token, provider("dev")) is None, (
        "a stack shares nothing with itself"
    )

    joined = sharing.join(cloud.engine, ledger, PROD, iam.OPEN_ID_CONNECT_PROVIDER.token, provider("prod"))
    assert joined is not None
    identifier, outputs = joined
    assert identifier == made.id
    assert cloud.engine.diff(iam.OPEN_ID_CONNECT_PROVIDER.token, outputs, provider("prod")).effect == "none"
    ledger.keep(PROD, iam.OPEN_ID_CONNECT_PROVIDER.token, identifier, outputs)
    assert environment(cloud, identifier) == "prod"

    found = cloud.engine.read(iam.OPEN_ID_CONNECT_PROVIDER.token, identifier, made.inputs, made.outputs)
    assert found is not None
    assert sharing.seen_by(made.outputs, found[1])["tags"] == {"Environment": "dev"}

    entry = sharing.other(cloud.engine, ledger, PROD, iam.OPEN_ID_CONNECT_PROVIDER.token, identifier)
    assert entry is not None
    assert entry.urn == DEV
    sharing.leave(cloud.engine, entry, outputs)
    ledger.drop(PROD, identifier)
    assert environment(cloud, identifier) == "dev"
    assert sharing.other(cloud.engine, ledger, DEV, iam.OPEN_ID_CONNECT_PROVIDER.token, identifier) is None


def test_nothing_else_is_shared(cloud: Cloud) -> None:
    ledger = Ledger()
    role = "aws:iam/role:Role"
    ledger.keep("urn:pulumi:dev::slipway::aws:iam/role:Role::a", role, "a", {"name": "a"})
    assert sharing.join(cloud.engine, ledger, "urn:pulumi:prod::slipway::aws:iam/role:Role::a", role, {"name": "a"}) is None
    assert sharing.other(cloud.engine, ledger, "urn:pulumi:prod::slipway::aws:iam/role:Role::a", role, "a") is None
