"""The policies of CI's roles: they allow every call of the provider, and nothing that the policy pack refuses."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from catalog.types import iam as iam_types
from infra.cluster.rights import AGENT_POLICIES
from localcloud.kernel.context import Call
from localcloud.kernel.spec import Resource
from localcloud.services.gathered import all_rows
from policies.evaluate import evaluate
from policies.iam import matches
from tests.support.iam_documents import KEY_POLICY_LIMIT, MANAGED_POLICY_LIMIT, allows, objections
from tests.support.stacks import ROOT, STACKS, config_of, recorded_stack
from tests.support.values import read
from tests.tools.bootstrap.conftest import ACCOUNT, NAMING, account, client, inventory, run, target
from tools.bootstrap.role_documents import documents_of
from tools.bootstrap.role_steps import role_steps
from tools.bootstrap.state_policies import bucket_policy, key_policy
from tools.bootstrap.step import apply
from tools.plan.view import Plan, ResourceView
from tools.preflight.permission import rights

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ROLES = {purpose: documents_of(purpose, target(), KEY) for purpose in ("preview", "up")}
STATEMENTS = {purpose: [one for document in made.values() for one in document["Statement"]] for purpose, made in ROLES.items()}
# Operation -> its IAM action, where that has another name; "" where it needs no action of its own.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
ACTIONS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DeleteNotification": "budgets:ModifyBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "iam:UpdateOpenIDConnectProviderThumbprint": "",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# Actions that a row calls and that no role gets -> the reason.
WITHHELD = {
    "ec2:AssignPrivateNatGatewayAddress": "a NAT gateway here has one address",
    "ec2:AssociateNatGatewayAddress": "a NAT gateway here has one address",
    "ec2:AssociateSubnetCidrBlock": "no IPv6",
    "ec2:AssociateVpcCidrBlock": "no IPv6",
    "ec2:DisableVgwRoutePropagation": "no VPN gateway",
    "ec2:DisassociateNatGatewayAddress": "a NAT gateway here has one address",
    "ec2:DisassociateSubnetCidrBlock": "no IPv6",
    "ec2:DisassociateVpcCidrBlock": "no IPv6",
    "ec2:EnableVgwRoutePropagation": "no VPN gateway",
    "ec2:ModifyVpcTenancy": "default tenancy",
    "ec2:UnassignPrivateNatGatewayAddress": "a NAT gateway here has one address",
    "iam:DeleteRolePermissionsBoundary": "no role gets rid of its boundary",
    "iam:RemoveRoleFromInstanceProfile": "no instance profile",
    "kms:DisableKey": "a disabled key makes everything under it unreadable",
    "s3:PutObjectAcl": "buckets here know no ACLs",
    "secretsmanager:RemoveRegionsFromReplication": "secrets stay in their region",
    "secretsmanager:ReplicateSecretToRegions": "secrets stay in their region",
}


@cache
def methods(service: str) -> dict[str, str]:
    """A client's methods -> the operations of AWS that they call."""
    return dict(client(service, "us-east-1").meta.method_to_api_mapping)


def code_of(function: Callable[..., Any]) -> Iterator[str]:
    """The names that a row's code uses, with those of the functions beside it that it calls."""
    module = sys.modules[function.__module__]
    tree = ast.parse(inspect.getsource(module))
    beside = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    waiting, seen = [function.__name__], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in beside:
            continue
        seen.add(name)
        for node in ast.walk(beside[name]):
            if isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.Name):
                waiting.append(node.id)


def operations(value: Any, row: Resource) -> Iterator[str]:
    """`service:Operation` of everything that a row's column calls."""
    if isinstance(value, Call):
        service = value.service or row.service
        yield f"{service}:{methods(service)[value.op]}"
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from operations(getattr(value, each.name), row)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from operations(item, row)
    elif inspect.isfunction(value):
        yield from (f"{row.service}:{methods(row.service)[name]}" for name in code_of(value) if name in methods(row.service))


def actions(values: Any, row: Resource) -> set[str]:
    named = {ACTIONS.get(one, one) for one in operations(values, row)}
    return {one for one in named if one} - set(WITHHELD)


def declared() -> list[Resource]:
    """The rows of the types that some environment declares. GitHub's provider is not `up`'s: there it is an existing one."""
    types = {view.type for stack in STACKS for view in recorded_stack(stack).resources if view.custom}
    types.discard("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    return [row for type_, row in all_rows().items() if type_ in types]


def given(purpose: str, action: str) -> bool:
    return any(matches(pattern, action) for one in STATEMENTS[purpose] for pattern in one["Action"])


def test_the_preview_role_may_look_at_whatever_the_provider_reads() -> None:
    lacking = {(row.type, action) for row in declared() for action in actions(row.read, row) if not given("preview", action)}
    assert lacking == set(), "\n".join(sorted(map(str, lacking)))


def test_the_up_role_may_do_whatever_the_provider_calls() -> None:
    lacking = {
        (row.type, action)
        for row in declared()
        for part in (row.create, row.read, row.updates, row.delete)
        for action in actions(part, row)
        if not given("up", action)
    }
    tags = {
        (row.type, f"{row.service}:{methods(row.service)[op]}")
        for row in declared()
        if row.tags
        for op in (row.tags.add, row.tags.remove)
        if op in methods(row.service)
    }
    lacking |= {(type_, action) for type_, action in tags if not given("up", action)}
    assert lacking == set(), "\n".join(sorted(map(str, lacking)))


def test_withheld_actions_are_not_granted_and_each_is_one_that_a_row_calls() -> None:
    called = {one for row in declared() for part in (row.create, row.updates, row.delete) for one in operations(part, row)}
    assert set(WITHHELD) <= called
    assert [action for action in WITHHELD if given("up", action)] == []


def test_a_training_job_is_started_watched_and_stopped_by_up() -> None:
    job = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/slipway-dev-digits-1"
    for action in ("AddTags", "CreateTrainingJob", "DescribeTrainingJob", "ListTags", "StopTrainingJob"):
        assert given("up", f"sagemaker:{action}")
    assert allows(ROLES["up"]["platform"], "sagemaker:CreateTrainingJob", job)
    assert not allows(ROLES["up"]["platform"], "sagemaker:CreateTrainingJob", job.replace("-dev-", "-prod-"))


def test_the_preview_role_changes_nothing() -> None:
    looking = ("Batch", "Describe", "Get", "List", "Simulate", "View", "Decrypt")
    named = [action for one in STATEMENTS["preview"] for action in one["Action"]]
    assert [action for action in named if not action.partition(":")[2].startswith(looking)] == []
    assert not any("*" in action.partition(":")[2].rstrip("*") for action in named)


def test_the_preview_role_reads_no_data_but_its_own_stacks_state_and_what_the_stack_itself_uploads() -> None:
    look = ROLES["preview"]["look"]
    state = "arn:aws:s3:::slipway-state-123456789012-us-east-1/.pulumi"
    assert allows(look, "s3:GetObject", f"{state}/stacks/slipway/dev.json")
    assert allows(look, "s3:GetObject", f"{state}/meta.yaml")
    assert allows(look, "s3:GetObject", "arn:aws:s3:::slipway-dev-curated-123456789012-us-east-1/digits/a/train/train.parquet")
    for closed in (
        f"{state}/stacks/slipway/prod.json",
        "arn:aws:s3:::slipway-dev-raw-123456789012-us-east-1/x",
        "arn:aws:s3:::slipway-dev-curated-123456789012-us-east-1/corpora/x",
        "arn:aws:s3:::anything/x",
    ):
        assert not allows(look, "s3:GetObject", closed), closed
    for action in (
        "secretsmanager:GetSecretValue",
        "logs:GetLogEvents",
        "sqs:ReceiveMessage",
        "ecr:BatchGetImage",
        "ssm:GetParameter",
    ):
        assert not given("preview", action), action


@pytest.mark.parametrize("action", ["s3:DeleteObjectVersion", "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutObjectAcl"])
def test_no_role_can_lose_the_state(action: str) -> None:
    bucket = "arn:aws:s3:::slipway-state-123456789012-us-east-1"
    for documents in ROLES.values():
        for document in documents.values():
            assert not allows(document, action, bucket)
            assert not allows(document, action, f"{bucket}/.pulumi/stacks/slipway/dev.json")


def test_objects_of_the_platforms_buckets_lose_their_versions_only_where_the_stack_file_says_so() -> None:
    version = ("s3:DeleteObjectVersion", "arn:aws:s3:::slipway-dev-raw-123456789012-us-east-1/x")
    assert not allows(ROLES["up"]["data"], *version)
    assert allows(documents_of("up", target(empties_buckets=True), KEY)["data"], *version)


def test_up_reaches_neither_the_roles_made_here_nor_another_environments() -> None:
    iam = f"arn:aws:iam::{ACCOUNT}"
    for resource in (
        f"{iam}:role/slipway-bootstrap/slipway-dev-up",
        f"{iam}:policy/slipway-bootstrap/slipway-dev-up-roles",
        f"{iam}:role/slipway-prod-training",
        f"{iam}:role/somebody",
        f"{iam}:oidc-provider/token.actions.githubusercontent.com",
        f"{iam}:user/somebody",
    ):
        for action in (
            "AttachRolePolicy", "CreateAccessKey", "CreatePolicyVersion", "CreateRole", "DeleteOpenIDConnectProvider", "PassRole",
            "PutRolePolicy", "UpdateAssumeRolePolicy",
        ):  # fmt: skip
            assert not allows(ROLES["up"]["roles"], f"iam:{action}", resource), (action, resource)


def test_the_roles_without_a_boundary_and_their_policies_are_those_that_the_stacks_make() -> None:
    for stack in STACKS:
        plan, prefix = recorded_stack(stack), f"slipway-{stack}-"
        free = {view.name.removeprefix(prefix) for view in plan.of(iam_types.ROLE) if not read(view, "permissionsBoundary")}
        assert free == set(AGENT_POLICIES)
        attached = [str(read(view, "policyArn")) for view in plan.of(iam_types.ROLE_POLICY_ATTACHMENT)]
        assert {arn.removeprefix("arn:aws:iam::aws:policy/") for arn in attached} == {
            name for names in AGENT_POLICIES.values() for name in names
        }


def test_every_document_is_one_that_aws_takes() -> None:
    for documents in ROLES.values():
        for name, document in documents.items():
            length = len(json.dumps(document, separators=(",", ":")))
            assert length <= MANAGED_POLICY_LIMIT, f"{name} has {length} characters"
    assert objections(key_policy(target()), kind="resource", limit=KEY_POLICY_LIMIT) == []
    assert objections(bucket_policy(target()), kind="resource", limit=20_480) == []


def test_nothing_that_is_made_breaks_a_mandatory_policy() -> None:
    run()
    report = evaluate(Plan(views(inventory()), "dev"), whole=False)
    assert report.evaluated > 10
    assert [f"{found.rule} {found.urn}: {found.message}" for found in report.mandatory] == []
    assert report.unknown == ()
    wide = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    spoilt = [*views(inventory()), ResourceView(type="aws:iam/rolePolicy:RolePolicy", name="wide", props={"policy": wide})]
    assert evaluate(Plan(spoilt, "dev"), whole=False).mandatory, "and it would be seen"


def views(found: dict[str, Any]) -> list[ResourceView]:
    """The resources of the account as a plan, as if a stack had made them."""
    made: list[ResourceView] = []

    def add(type_: str, name: str, **props: Any) -> None:
        made.append(ResourceView(type=type_, name=name, urn=f"urn:pulumi:dev::slipway::{type_}::{name}", props=props))

    for key in found["keys"]:
        tags = {tag["TagKey"]: tag["TagValue"] for tag in key["tags"]}
        add("aws:kms/key:Key", "state", policy=json.dumps(key["policy"]), enableKeyRotation=key["rotates"], tags=tags)
    for name, bucket in found["buckets"].items():
        add("aws:s3/bucket:Bucket", name, bucket=name, tags=bucket["tags"])
        public = {key[0].lower() + key[1:]: value for key, value in bucket["public"].items()}
        add("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name, bucket=name, **public)
        ownership = bucket["ownership"]["Rules"][0]["ObjectOwnership"]
        add("aws:s3/bucketOwnershipControls:BucketOwnershipControls", name, bucket=name, rule={"objectOwnership": ownership})
        status = {"status": bucket["versions"]}
        add("aws:s3/bucketVersioning:BucketVersioning", name, bucket=name, versioningConfiguration=status)
        rule = bucket["encryption"]["Rules"][0]
        default = rule["ApplyServerSideEncryptionByDefault"]
        row = {
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": default["SSEAlgorithm"],
                "kmsMasterKeyId": default["KMSMasterKeyID"],
            },
            "bucketKeyEnabled": rule["BucketKeyEnabled"],
        }
        encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        add(encryption, name, bucket=name, rules=[row])
        add("aws:s3/bucketPolicy:BucketPolicy", name, bucket=name, policy=json.dumps(bucket["policy"]))
    for provider in found["providers"]:
        tags = {tag["Key"]: tag["Value"] for tag in provider["Tags"]}
        add("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "github", url=provider["Url"], tags=tags)
    for name, role in found["roles"].items():
        tags = {tag["Key"]: tag["Value"] for tag in role["tags"]}
        add("aws:iam/role:Role", name, assumeRolePolicy=json.dumps(role["trust"]), tags=tags)
        for arn in role["attached"]:
            add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{name}-{arn}", role=name, policyArn=arn)
    for name, policy in found["policies"].items():
        add("aws:iam/policy:Policy", name, policy=json.dumps(policy), tags=NAMING.tags(name))
    return made


def test_each_role_is_assumed_by_its_own_workflows_only() -> None:
    here = account()
    for purpose in ("preview", "up"):
        list(apply(here, role_steps(here.target, purpose)))
    subjects = {
        name: role["trust"]["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
        for name, role in inventory()["roles"].items()
    }
    assert subjects == {
        "slipway-dev-preview": ["repo:example/slipway:pull_request", "repo:example/slipway:ref:refs/heads/main"],
        "slipway-dev-up": "repo:example/slipway:environment:dev",
    }


# Rights that a service demands of its caller ("Dependent actions" in
# https://docs.aws.amazon.com/service-authorization/latest/reference/).
DEPENDENT = (
    "cloudwatch:DeleteAlarms",
    "cloudwatch:PutMetricAlarm",
    "codeconnections:PassConnection",
    "ec2:CreateTags",
    "ec2:RunInstances",
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:RetireGrant",
    "route53:AssociateVPCWithHostedZone",
)


@pytest.mark.parametrize("action", DEPENDENT)
def test_up_has_the_rights_that_services_demand_of_their_caller(action: str) -> None:
    assert given("up", action)


@pytest.mark.parametrize("purpose", ["preview", "up"])
def test_both_roles_may_ask_what_a_preflight_asks(purpose: str) -> None:
    page = (ROOT / "docs" / "preflight.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (statement,) = json.loads(block)["Statement"]
    assert [action for action in statement["Action"] if not given(purpose, action)] == []


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != "local"])
def test_a_preflight_finds_that_up_may_make_whatever_the_stack_declares_where_it_is(stack: str) -> None:
    naming = dataclasses.replace(NAMING, environment=stack)
    account_id = config_of(stack)["slipway:accountId"]
    documents = documents_of("up", target(stack=stack, naming=naming, account_id=account_id), KEY).values()
    # Bootstrap makes the identity provider of GitHub, and the stacks use it as an existing one.
    views = [view for view in recorded_stack(stack).resources if "openIdConnectProvider" not in view.type]
    wanted = rights(views, account_id, "us-east-1")
    assert len(wanted) > 50
    lacking = [
        f"{right.action} on {right.on}"
        for right in wanted
        if not (any(allows(one, right.action, right.on) for one in documents) if right.on != "*" else given("up", right.action))
    ]
    assert lacking == []
