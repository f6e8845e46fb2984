"""Names that are taken, and the rights of whoever runs `up`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from catalog.types import iam as iam_types
from catalog.types import s3 as s3_types
from catalog.types.every import CARDS
from tests.support.stacks import STACKS, recorded_stack
from tests.tools.preflight.make import REGION, Caller, refusing, states_of, view
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight import names, permission
from tools.preflight.account import Account
from tools.preflight.permission import Right, judged, rights
from tools.preflight.report import Row, State

AWS = Callable[[str], Any]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}})
OIDC = "https://token.actions.githubusercontent.com"


def plant(aws: AWS) -> None:
    """One of each kind of name, taken by somebody."""
    aws("s3").create_bucket(Bucket="taken")
    aws("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=TRUST)
    aws("iam").create_policy(PolicyName="taken", PolicyDocument=POLICY)
    aws("iam").create_open_id_connect_provider(Url=OIDC, ThumbprintList=["0" * 40])
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").create_alias(AliasName="alias/taken", TargetKeyId=key)
    aws("ecr").create_repository(repositoryName="taken")
    aws("logs").create_log_group(logGroupName="taken")
    aws("secretsmanager").create_secret(Name="taken", SecretString="x")
    aws("sagemaker").create_model_package_group(ModelPackageGroupName="taken", ModelPackageGroupDescription="x")
    aws("ec2").create_launch_template(LaunchTemplateName="taken", LaunchTemplateData={"InstanceType": "t3.micro"})
    aws("ec2").create_placement_group(GroupName="taken", Strategy="cluster")
    network = aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    zones = {"us-east-1a": "10.9.0.0/24", "us-east-1b": "10.9.1.0/24"}
    made = [aws("ec2").create_subnet(VpcId=network, CidrBlock=cidr, AvailabilityZone=zone) for zone, cidr in zones.items()]
    vpc = {"subnetIds": [one["Subnet"]["SubnetId"] for one in made]}
    aws("eks").create_cluster(name="taken", roleArn="arn:aws:iam::123456789012:role/taken", resourcesVpcConfig=vpc)
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    aws("sagemaker").create_model(
        ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/t"
    )
    aws("sagemaker").create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    aws("sagemaker").create_endpoint(EndpointName="taken", EndpointConfigName="c")


SPECIAL = {"aws:kms/alias:Alias": "alias/{}", "aws:iam/openIdConnectProvider:OpenIdConnectProvider": OIDC + "{}"}


def named(type_: str, path: str, name: str, **more: Any) -> ResourceView:
    name = "" if name == "taken" and type_.endswith("OpenIdConnectProvider") else name
    return view(type_, {path: SPECIAL.get(type_, "{}").format(name)}, **more)


def test_every_kind_of_name_is_found_taken_and_found_free(account: Account, aws: AWS) -> None:
    plant(aws)
    taken = [named(card.token, card.name, "taken") for card in names.NAMED]
    found = names.rows(taken, account)
    assert [(row.state, row.need, row.have) for row in found] == [(State.SHORT, "free", "taken")] * len(names.NAMED)
    free = [named(card.token, card.name, "/free" if "openId" in card.token else "free") for card in names.NAMED]
    assert [(row.state, row.need, row.have) for row in names.rows(free, account)] == [(State.OK, 1, 1)] * len(names.NAMED)


def test_a_name_that_is_taken_says_by_what_and_the_way_out(account: Account, aws: AWS) -> None:
    aws("iam").create_role(RoleName="slipway-dev-node", AssumeRolePolicyDocument=TRUST)
    (found,) = names.rows([view(iam_types.ROLE.token, {"name": "slipway-dev-node"})], account)
    assert found.code == "slipway-dev-node"
    assert found.message == (
        "IAM roles: slipway-dev-node is there already; delete or import it (`pulumi import`), or take another name"
    )


def test_a_secret_that_waits_for_its_deletion_still_holds_its_name(account: Account, aws: AWS) -> None:
    aws("secretsmanager").create_secret(Name="token", SecretString="x")
    aws("secretsmanager").delete_secret(SecretId="token")
    (found,) = names.rows([view("aws:secretsmanager/secret:Secret", {"name": "token"})], account)
    assert "token waits for its deletion, and its name with it; `aws secretsmanager restore-secret`" in found.message


@pytest.mark.parametrize("op", ["same", "update", "replace", "delete", "read"])
def test_a_resource_in_the_stacks_own_state_is_no_collision(account: Account, aws: AWS, op: str) -> None:
    aws("s3").create_bucket(Bucket="ours")
    assert names.rows([view(s3_types.BUCKET.token, {"bucket": "ours"}, op=op)], account) == []


def test_a_name_that_is_not_known_or_not_given_is_not_asked_for(account: Account) -> None:
    assert (
        names.rows(
            [
                view(s3_types.BUCKET.token, {"bucket": UNKNOWN}),
                view(s3_types.BUCKET.token, {}),
                view(s3_types.BUCKET.token, {"bucket": 3}),
            ],
            account,
        )
        == []
    )


@pytest.mark.parametrize(
    ("code", "says"),
    [("403", "b is taken by somebody else"), ("301", "b is there already, in another region"), ("404", "b: free")],
)
def test_the_error_code_of_s3_shows_who_has_a_bucket(code: str, says: str) -> None:
    s3 = boto3.client("s3", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(s3) as stub:
        stub.add_client_error("head_bucket", code, "", int(code))
        (found,) = names.rows([view(s3_types.BUCKET.token, {"bucket": "b"})], Account(lambda _: s3, region=REGION))
    assert says in found.message


def test_names_that_the_account_refuses_to_look_up_are_unknown_and_asked_for_once_a_kind() -> None:
    (found,) = names.rows([view(iam_types.ROLE.token, {"name": "a"}), view(iam_types.ROLE.token, {"name": "b"})], refusing())
    assert (found.state, found.code, found.need) == (State.UNKNOWN, "IAM roles", 2)
    assert found.message.startswith("a, b: iam get_role: AccessDenied")


class Simulating(Caller):
    """IAM as it answers: a role, and the decision of each action."""

    def __init__(self, decisions: Mapping[str, str], missing: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.decisions, self.missing, self.asked = decisions, missing, list[dict[str, Any]]()

    def get_role(self, *, RoleName: str) -> dict[str, Any]:
        return {"Role": {"Arn": f"arn:aws:iam::123456789012:role/path/{RoleName}"}}

    def simulate_principal_policy(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalDecision": self.decisions.get(action, "allowed"),
                    "MissingContextValues": ["aws:RequestTag/x"] if action in self.missing else [],
                    "ResourceSpecificResults": [
                        {"EvalResourceName": arn, "EvalResourceDecision": self.decisions.get(action, "allowed")}
                        for arn in asked["ResourceArns"]
                    ],
                }
                for action in asked["ActionNames"]
            ]
        }


def judge(iam: Simulating, *views: ResourceView, principal: str = "") -> list[Row]:
    return permission.rows(views, Account(lambda _: iam, region=REGION), principal)


def test_allowed_actions_are_one_row_and_a_session_is_simulated_as_its_role() -> None:
    iam = Simulating({})
    (found,) = judge(iam, view(iam_types.ROLE.token, {"name": "r"}), view("aws:ec2/vpc:Vpc"))
    assert (found.state, found.need, found.have) == (State.OK, 5, 5)
    assert {asked["PolicySourceArn"] for asked in iam.asked} == {"arn:aws:iam::123456789012:role/path/reader"}
    assert [asked["ResourceArns"] for asked in iam.asked] == [["arn:aws:iam::123456789012:role/r"], ["*"]]


def test_a_denial_on_a_known_arn_is_a_short_row_of_its_service() -> None:
    iam = Simulating({"iam:CreateRole": "implicitDeny", "ec2:CreateVpc": "explicitDeny"})
    found = judge(
        iam,
        view(iam_types.ROLE.token, {"name": "r"}, "one"),
        view(iam_types.ROLE.token, {"name": "s"}, "two"),
        view("aws:ec2/vpc:Vpc"),
    )
    assert states_of(found) == [("short", "iam"), ("short", "ec2"), ("ok", "iam")]
    who = "arn:aws:iam::123456789012:role/path/reader"
    assert found[0].message == (
        f"{who} may not iam:CreateRole (for one, two); allow iam:CreateRole in a policy of {who}, or run `up` as who may"
    )


def test_a_denial_that_may_not_apply_to_the_plans_resources_is_unknown() -> None:
    (found, _) = judge(Simulating({"ec2:CreateVpc": "implicitDeny"}), view("aws:ec2/vpc:Vpc"))
    assert (found.state, found.message) == (State.UNKNOWN, "ec2:CreateVpc: not allowed on every resource, perhaps on these")
    blind = judge(
        Simulating({"iam:CreateRole": "implicitDeny"}, missing=("iam:CreateRole",)), view(iam_types.ROLE.token, {"name": "r"})
    )
    assert states_of(blind) == [("unknown", "iam"), ("ok", "iam")]


def test_rights_are_checked_for_a_named_principal_or_for_nobody() -> None:
    iam = Simulating({})
    up = "arn:aws:iam::123456789012:role/up"
    judge(iam, view("aws:ec2/vpc:Vpc"), principal=up)
    assert iam.asked[0]["PolicySourceArn"] == up
    assert judge(iam, view("aws:ec2/vpc:Vpc"), principal="none") == []


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/me"])
def test_the_rights_of_a_caller_without_policies_are_unknown(arn: str) -> None:
    (found,) = permission.rows([view("aws:ec2/vpc:Vpc")], Account(lambda _: Caller(arn), region=REGION))
    assert found.state == State.UNKNOWN
    assert found.message == f"what {arn} may do was not told: IAM simulates users and roles only"


def test_rights_are_unknown_where_the_caller_may_not_simulate_and_in_the_local_cloud(aws: AWS) -> None:
    (found,) = permission.rows([view("aws:ec2/vpc:Vpc")], refusing())
    assert (found.state, "AccessDenied" in found.message) == (State.UNKNOWN, True)
    (found,) = permission.rows([view("aws:ec2/vpc:Vpc")], Account(aws, region=REGION, local=True))
    assert found.message == "the local cloud judges nobody's permissions"


def test_only_new_resources_need_rights_and_unknown_names_are_asked_for_with_a_star() -> None:
    assert rights([view(iam_types.ROLE.token, {"name": "r"}, op="same")], "1", REGION) == []
    assert {right.on for right in rights([view(iam_types.ROLE.token, {"name": UNKNOWN})], "1", REGION)} == {"*"}
    right = Right(action="s3:PutObject", on="*", by=("o",))
    assert [str(row.state) for row in judged([right], {}, "me")] == ["unknown"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_that_a_stack_makes_has_its_actions(stack: str) -> None:
    made = {view.type for view in recorded_stack(stack) if view.custom and not view.type.startswith("pulumi:")}
    assert {token for token in made if CARDS[token].rights is None} == set()
