"""The steps of bootstrap over moto: made, found, mended, and interrupted after every single change."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.bootstrap.conftest import account, client, inventory, ops, run, steps, target
from tools.bootstrap.account import check_account
from tools.bootstrap.errors import BootstrapError
from tools.bootstrap.role_steps import more_than_given, provider_steps, role_steps
from tools.bootstrap.state_steps import bucket_steps, key_steps
from tools.bootstrap.step import Outcome, apply, survey
from tools.bootstrap.target import KEY_ALIAS

BUCKET = "slipway-state-123456789012-us-east-1"
READING = ("Get", "List", "Head", "Describe")


def test_an_empty_account_gets_everything_and_the_second_run_finds_it_and_changes_nothing() -> None:
    assert ops(run()) == {"made", "found"}, "what comes with its thing is found, the rest is made"
    there = inventory()
    assert ops(run()) == {"found"}
    assert inventory() == there


def test_a_survey_changes_nothing_and_says_what_a_run_would_make() -> None:
    here = account()
    planned = survey(here, steps(here.target))
    assert ops(planned) == {"make"}
    assert inventory() == {"keys": [], "buckets": {}, "providers": [], "roles": {}, "policies": {}}


class Cut(BaseException):
    """Stands for the end of the process."""


def test_a_bootstrap_interrupted_after_each_change_ends_as_an_uninterrupted_one() -> None:
    def some() -> list[Outcome]:
        """A run without the up role: its steps are of the same kinds as the preview role's, five times as many."""
        here = account()
        return list(apply(here, steps(here.target, ["preview"])))

    some()
    whole = inventory()
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    changed: list[str] = []

    def cut(model: Any, **_: Any) -> None:
        if not model.name.startswith(READING):
            changed.append(model.name)
            raise Cut

    events = [client(service, "us-east-1").meta.events for service in ("kms", "s3", "iam")]
    for each in events:
        each.register("after-call", cut, unique_id="cut")
    try:
        # Each run ends right after its first change, before it has read AWS's answer.
        for _ in range(100):
            try:
                outcomes = some()
            except Cut:
                continue
            break
    finally:
        for each in events:
            each.unregister("after-call", unique_id="cut")
    assert ops(outcomes) == {"found"}
    assert changed.count("CreateKey") == changed.count("CreateBucket") == 1, "nothing is made twice"
    assert len(changed) == 14
    assert inventory() == whole


def test_a_key_that_an_interrupted_run_left_without_alias_is_used() -> None:
    here = account()
    list(apply(here, steps(here.target)[:1]))
    (outcome, *_rest) = run()
    assert (outcome.aspect, outcome.op) == ("key", "found")
    assert len(inventory()["keys"]) == 1


def test_a_bucket_and_a_key_made_by_hand_are_mended_and_keep_their_own_tags_and_statements() -> None:
    s3, kms = client("s3", "us-east-1"), client("kms", "us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Owner", "Value": "somebody"}]})
    theirs = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObjectAcl",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}))
    kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    outcomes = run()
    mended = {(one.thing, one.aspect) for one in outcomes if one.op != "found" and one.thing.startswith("state")}
    assert mended == {
        ("state key", "rotation"), ("state key", "policy"), ("state key", "tags"),
        ("state bucket", "no public access"), ("state bucket", "owner of every object"), ("state bucket", "versions"),
        ("state bucket", "encryption under the state key"), ("state bucket", "policy"), ("state bucket", "lifecycle"),
        ("state bucket", "tags"),
    }  # fmt: skip
    bucket = inventory()["buckets"][BUCKET]
    assert bucket["tags"]["Owner"] == "somebody"
    assert bucket["tags"]["DataClass"] == "confidential"
    assert theirs in bucket["policy"]["Statement"]
    (key,) = inventory()["keys"]
    assert [statement["Sid"] for statement in key["policy"]["Statement"]] == ["AccountAdministersKey", "AccountUsesKey"]
    assert ops(run()) == {"found"}


LOOK = "arn:aws:iam::123456789012:policy/slipway-bootstrap/slipway-dev-preview-look"
EVERYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
# Aspect of bootstrap -> a change by hand that undoes it.
SPOILT: dict[str, Callable[[Any, Any, Any, str], Any]] = {
    "rotation": lambda kms, s3, iam, key: kms.disable_key_rotation(KeyId=key),
    "enabled": lambda kms, s3, iam, key: kms.disable_key(KeyId=key),
    "no public access": lambda kms, s3, iam, key: s3.delete_public_access_block(Bucket=BUCKET),
    "owner of every object": lambda kms, s3, iam, key: s3.delete_bucket_ownership_controls(Bucket=BUCKET),
    "versions": lambda kms, s3, iam, key: s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    ),
    "encryption under the state key": lambda kms, s3, iam, key: s3.delete_bucket_encryption(Bucket=BUCKET),
    "lifecycle": lambda kms, s3, iam, key: s3.delete_bucket_lifecycle(Bucket=BUCKET),
    "policy": lambda kms, s3, iam, key: s3.delete_bucket_policy(Bucket=BUCKET),
    "longest session": lambda kms, s3, iam, key: iam.update_role(RoleName="slipway-dev-up", MaxSessionDuration=3600),
    "who may take it": lambda kms, s3, iam, key: iam.update_assume_role_policy(
        RoleName="slipway-dev-up", PolicyDocument=json.dumps(EVERYBODY)
    ),
    "has policy look": lambda kms, s3, iam, key: iam.detach_role_policy(RoleName="slipway-dev-preview", PolicyArn=LOOK),
}


def test_properties_that_somebody_changed_are_restored_and_no_others() -> None:
    run()
    whole = inventory()
    kms, s3, iam = (client(service, "us-east-1") for service in ("kms", "s3", "iam"))
    key = kms.describe_key(KeyId=KEY_ALIAS)["KeyMetadata"]["KeyId"]
    for spoil in SPOILT.values():
        spoil(kms, s3, iam, key)
    assert {one.aspect for one in run() if one.op != "found"} == set(SPOILT)
    assert inventory() == whole


def test_a_provider_without_our_audience_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = account()
    here.iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ClientIDList=["theirs"])
    asked: dict[str, str] = {}
    # moto 5.2.5 has no such operation.
    monkeypatch.setattr(here.iam, "add_client_id_to_open_id_connect_provider", lambda **given: asked.update(given))
    assert [(one.aspect, one.op) for one in apply(here, provider_steps())] == [("provider", "found"), ("audience", "mended")]
    assert asked == {
        "OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        "ClientID": "sts.amazonaws.com",
    }


def test_a_key_that_waits_for_its_deletion_is_brought_back() -> None:
    here = account()
    list(apply(here, key_steps()))
    here.kms.schedule_key_deletion(KeyId=here.key_arn.rpartition("/")[2])
    again = account()
    assert [(one.aspect, one.op) for one in apply(again, key_steps()) if one.op != "found"] == [("enabled", "mended")]
    assert again.kms.describe_key(KeyId=KEY_ALIAS)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_changed_grant_becomes_a_new_version_however_often() -> None:
    for number in range(7):
        here = account(datasets=(f"set-{number}",))
        changed = [one.aspect for one in apply(here, role_steps(here.target, "preview")) if one.op != "found"]
        assert number == 0 or changed == ["policy look"]
    assert len(client("iam", "us-east-1").list_policy_versions(PolicyArn=LOOK)["Versions"]) == 5
    assert "set-6" in json.dumps(inventory()["policies"]["slipway-dev-preview-look"])


def test_two_environments_of_one_account_share_key_bucket_and_provider_and_leave_each_other_alone() -> None:
    run()
    naming = target().naming
    other = {"stack": "staging", "naming": type(naming)(project="slipway", environment="staging", owner="b", cost_center="c")}
    made = {one.thing for one in run(**other) if one.op != "found"}
    assert made == {"preview role", "up role"}
    assert ops(run()) == {"found"}
    assert ops(run(**other)) == {"found"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_bucket_is_in_the_environments_region(region: str) -> None:
    list(apply(account(region=region), bucket_steps()))
    where = inventory()["buckets"][f"slipway-state-123456789012-{region}"]["region"]
    assert where == (None if region == "us-east-1" else region)


def test_a_bucket_in_another_region_is_refused_with_the_way_out() -> None:
    client("s3", "eu-west-1").create_bucket(Bucket="taken", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(BootstrapError, match=r"is in eu-west-1, and Pulumi\.dev\.yaml is for us-east-1.* another name with"):
        list(apply(account(bucket_name="taken"), bucket_steps()))


def test_a_bucket_of_another_account_is_refused_with_the_way_out_and_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    here = account()
    refusal = {"Error": {"Code": "403", "Message": "Forbidden"}}

    def head_bucket(**_: Any) -> None:
        raise here.s3.exceptions.ClientError(refusal, "HeadBucket")

    monkeypatch.setattr(here.s3, "head_bucket", head_bucket)
    with pytest.raises(BootstrapError, match=r"is not account 123456789012's.* another name with --bucket"):
        list(apply(here, bucket_steps()))
    assert inventory()["buckets"] == {}


def test_a_role_of_that_name_that_was_not_made_here_is_left_alone() -> None:
    client("iam", "us-east-1").create_role(RoleName="slipway-dev-up", AssumeRolePolicyDocument="{}")
    here = account()
    with pytest.raises(BootstrapError, match=r"slipway-dev-up is there with the path /, so it was not made here"):
        list(apply(here, role_steps(here.target, "up")))
    assert inventory()["roles"]["slipway-dev-up"]["trust"] == {}


def test_policies_that_somebody_added_to_a_role_are_named() -> None:
    here = account()
    for purpose in ("preview", "up"):
        list(apply(here, role_steps(here.target, purpose)))
    more = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    here.iam.put_role_policy(RoleName="slipway-dev-preview", PolicyName="more", PolicyDocument=json.dumps(more))
    assert more_than_given(here, "preview") == ["more"]
    assert more_than_given(here, "up") == []
    assert more_than_given(account(stack="none", naming=dataclasses.replace(target().naming, environment="none")), "up") == []


def test_credentials_of_another_account_are_refused_before_anything() -> None:
    check_account(client("sts", "us-east-1"), stack="dev", account_id="123456789012")
    with pytest.raises(ValueError, match=r"are of account 123456789012, and Pulumi\.dev\.yaml is for 222222222222") as raised:
        check_account(client("sts", "us-east-1"), stack="dev", account_id="222222222222")
    assert type(raised.value) is ValueError, "wrong use, exit code 2"
