"""An account in moto, in this process and empty for each test, and its content as plain data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.base.naming import Naming
from localcloud.services.s3 import bucket_policy
from tools.bootstrap.account import Account
from tools.bootstrap.role_steps import SESSIONS, provider_steps, role_steps
from tools.bootstrap.state_steps import bucket_steps, key_steps
from tools.bootstrap.step import Outcome, Step, apply
from tools.bootstrap.target import Target

ACCOUNT = "123456789012"
NAMING = Naming(project="slipway", environment="dev", owner="ml-platform", cost_center="research")


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account. Our evaluation of bucket policies is installed, because moto ignores conditions in them.

    Without it, a policy that denies access without TLS would deny all access.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    bucket_policy.install()
    with mock_aws():
        yield


@cache
def client(service: str, region: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.session.Session().client(service, region_name=region, **keys)


def target(**changes: Any) -> Target:
    given: dict[str, Any] = {
        "stack": "dev",
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "naming": NAMING,
        "repository": "example/slipway",
        "datasets": ("digits",),
    }
    return Target(**given | changes)


def account(**changes: Any) -> Account:
    """The account as a new run begins with it: nothing is found yet."""
    wanted = target(**changes)
    services = {name: client(name, wanted.region) for name in ("kms", "s3", "iam")}
    return Account(target=wanted, **services)


def steps(wanted: Target, purposes: Iterable[str] = tuple(SESSIONS)) -> list[Step]:
    roles = [step for purpose in purposes for step in role_steps(wanted, purpose)]
    return [*key_steps(), *bucket_steps(), *provider_steps(), *roles]


def run(**changes: Any) -> list[Outcome]:
    """One whole run."""
    here = account(**changes)
    return list(apply(here, steps(here.target)))


def ops(outcomes: list[Outcome]) -> set[str]:
    return {one.op for one in outcomes}


def inventory() -> dict[str, Any]:
    """Everything in the account, with the random id of the key replaced by KEY."""
    kms, s3, iam = (client(name, "us-east-1") for name in ("kms", "s3", "iam"))
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    found: dict[str, Any] = {
        "keys": [
            {
                "state": key["KeyState"],
                "policy": json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]),
                "rotates": kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"],
                "tags": kms.list_resource_tags(KeyId=key["KeyId"])["Tags"],
                "aliases": [alias["AliasName"] for alias in kms.list_aliases(KeyId=key["KeyId"])["Aliases"]],
            }
            for key in keys
        ],
        "buckets": {bucket["Name"]: _bucket(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]},
        "providers": [
            {key: value for key, value in iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"]).items() if key in
             ("Url", "ClientIDList", "Tags")}
            for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        ],
        "roles": {role["RoleName"]: _role(iam, role["RoleName"]) for role in iam.list_roles()["Roles"]},
        "policies": {
            policy["PolicyName"]: iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])[
                "PolicyVersion"
            ]["Document"]
            for policy in iam.list_policies(Scope="Local")["Policies"]
        },
    }  # fmt: skip
    text = json.dumps(found, default=str, sort_keys=True)
    for key in keys:
        text = text.replace(key["KeyId"], "KEY")
    return dict(json.loads(text))


def _bucket(s3: Any, name: str) -> dict[str, Any]:
    looks = {
        "public": lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "ownership": lambda: s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "versions": lambda: s3.get_bucket_versioning(Bucket=name).get("Status"),
        "encryption": lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
        "policy": lambda: json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
        "lifecycle": lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"],
        "tags": lambda: {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]},
        "region": lambda: s3.get_bucket_location(Bucket=name)["LocationConstraint"],
    }
    found: dict[str, Any] = {}
    for what, look in looks.items():
        try:
            found[what] = look()
        except ClientError as error:
            found[what] = error.response["Error"]["Code"]
    return found


def _role(iam: Any, name: str) -> dict[str, Any]:
    role = iam.get_role(RoleName=name)["Role"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {
        "path": role["Path"],
        "trust": role["AssumeRolePolicyDocument"],
        "session": role["MaxSessionDuration"],
        "tags": role.get("Tags", []),
        "attached": sorted(policy["PolicyArn"] for policy in attached),
        "inline": iam.list_role_policies(RoleName=name)["PolicyNames"],
    }
