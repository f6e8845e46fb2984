"""Every stack as its file declares it, recorded as a whole."""

from __future__ import annotations

import importlib
import inspect
import json
from collections import Counter
from collections.abc import Callable

import pytest

from catalog.tags import REQUIRED_TAGS
from catalog.types import ec2, ecr, eks, iam, kms, s3, sagemaker, secretsmanager, sns, sqs
from catalog.types.card import Card
from infra.stack_file import load_file
from tests.infra.every_option import SECRET_VALUE, recorded_with_every_option
from tests.support.iam_documents import KEY_POLICY_LIMIT, MANAGED_POLICY_LIMIT, ROLE_INLINE_LIMIT, TRUST_LIMIT, Kind, objections
from tests.support.recorder import Recording
from tests.support.stacks import ROOT, STACKS
from tests.support.values import read
from tools.plan.view import ResourceView, Secret

Record = Callable[[str], Recording]
TAGS_LIMIT = 50
# What the local cloud emulates (issue 3); a type beyond these needs a row there, a price and a tag verdict first.
EMULATED = frozenset(
    {
        "appautoscaling/policy:Policy", "appautoscaling/target:Target", "budgets/budget:Budget", "cloudwatch/dashboard:Dashboard",
        "costexplorer/anomalyMonitor:AnomalyMonitor", "costexplorer/anomalySubscription:AnomalySubscription",
        "cloudwatch/logGroup:LogGroup", "cloudwatch/metricAlarm:MetricAlarm", "ec2/eip:Eip", "ec2/flowLog:FlowLog",
        "ec2/internetGateway:InternetGateway", "ec2/launchTemplate:LaunchTemplate", "ec2/natGateway:NatGateway",
        "ec2/placementGroup:PlacementGroup", "ec2/route:Route", "ec2/routeTable:RouteTable",
        "ec2/routeTableAssociation:RouteTableAssociation", "ec2/securityGroup:SecurityGroup", "ec2/subnet:Subnet", "ec2/vpc:Vpc",
        "ec2/vpcEndpoint:VpcEndpoint", "ecr/lifecyclePolicy:LifecyclePolicy", "ecr/repository:Repository",
        "eks/accessEntry:AccessEntry", "eks/accessPolicyAssociation:AccessPolicyAssociation", "eks/addon:Addon",
        "eks/cluster:Cluster", "eks/nodeGroup:NodeGroup", "eks/podIdentityAssociation:PodIdentityAssociation",
        "iam/instanceProfile:InstanceProfile", "iam/openIdConnectProvider:OpenIdConnectProvider", "iam/policy:Policy",
        "iam/role:Role", "iam/rolePolicy:RolePolicy", "iam/rolePolicyAttachment:RolePolicyAttachment", "kms/alias:Alias",
        "kms/key:Key", "s3/bucket:Bucket", "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3/bucketLogging:BucketLogging", "s3/bucketObjectv2:BucketObjectv2",
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        "s3/bucketPolicy:BucketPolicy", "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucketVersioning:BucketVersioning", "sagemaker/endpoint:Endpoint",
        "sagemaker/endpointConfiguration:EndpointConfiguration", "sagemaker/model:Model", "scheduler/schedule:Schedule",
        "sagemaker/modelPackageGroup:ModelPackageGroup", "secretsmanager/secret:Secret",
        "secretsmanager/secretVersion:SecretVersion", "sns/topic:Topic", "sns/topicSubscription:TopicSubscription",
        "sqs/queue:Queue", "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)  # fmt: skip


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, recorded: Record) -> Recording:
    return recorded(request.param)


def test_every_stack_builds(stack: Recording) -> None:
    assert len(stack) > 100


def test_the_local_stack_is_large_enough_to_represent_a_platform(recorded: Record) -> None:
    assert 150 <= len(recorded("local")) <= 220


def test_a_preview_looks_nothing_up(stack: Recording) -> None:
    assert stack.invokes == []


def test_only_types_that_the_local_cloud_has_are_declared(stack: Recording) -> None:
    strange = {view.type for view in stack if view.type.startswith("aws:")} - {f"aws:{type_}" for type_ in EMULATED}
    assert not strange, "first give it a row in the local cloud and a price"


def test_every_child_has_a_parent_and_only_components_have_none(stack: Recording) -> None:
    orphans = [view.urn for view in stack if view.custom and view.parent.split("::")[2] == "pulumi:pulumi:Stack"]
    assert not orphans, "pass opts=ResourceOptions(parent=self)"


def test_urns_are_unique(stack: Recording) -> None:
    assert [urn for urn, count in Counter(view.urn for view in stack).items() if count > 1] == []


def test_every_taggable_resource_carries_the_required_tags(stack: Recording) -> None:
    bare = [
        view.urn
        for view in stack
        if view.custom and _takes_tags(view) and not set(REQUIRED_TAGS) <= set(view.props.get("tags", {}))
    ]
    assert not bare, "tags=naming.tags(...)"


def test_tags_are_of_the_stack_they_are_in(stack: Recording) -> None:
    environments = {view.props["tags"]["Environment"] for view in stack if view.props.get("tags")}
    assert environments == {stack.stack}


def test_every_store_of_data_says_what_kind_of_data(stack: Recording) -> None:
    stores = stack.of(s3.BUCKET, secretsmanager.SECRET, s3.BUCKET_OBJECTV2)
    assert [view.urn for view in stores if "DataClass" not in view.props["tags"]] == []


def test_no_tag_is_more_than_aws_takes(stack: Recording) -> None:
    for view in stack:
        tags = view.props.get("tags") or {}
        assert len(tags) <= TAGS_LIMIT, view.urn
        assert all(len(str(value)) <= 256 for value in tags.values()), view.urn


def test_no_iam_document_allows_what_a_reviewer_would_refuse(stack: Recording) -> None:
    limits: dict[Card, tuple[str, Kind, int]] = {
        iam.POLICY: ("policy", "identity", MANAGED_POLICY_LIMIT),
        iam.ROLE_POLICY: ("policy", "identity", ROLE_INLINE_LIMIT),
        iam.ROLE: ("assumeRolePolicy", "trust", TRUST_LIMIT),
        kms.KEY: ("policy", "resource", KEY_POLICY_LIMIT),
        s3.BUCKET_POLICY: ("policy", "resource", 20480),
        sns.TOPIC: ("policy", "resource", 30720),
        sqs.QUEUE: ("policy", "resource", 8192),
        ec2.VPC_ENDPOINT: ("policy", "endpoint", 20480),
    }
    findings = [
        f"{view.name}: {finding}"
        for card, (property_, kind, limit) in limits.items()
        for view in stack.of(card)
        for finding in objections(json.loads(view.props[property_]), kind=kind, limit=limit)
    ]
    assert findings == []


def test_every_bucket_is_closed_versioned_encrypted_owned_and_tidied(stack: Recording) -> None:
    buckets = {view.props["bucket"] for view in stack.of(s3.BUCKET)}
    for card in (
        s3.BUCKET_PUBLIC_ACCESS_BLOCK,
        s3.BUCKET_VERSIONING,
        s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION,
        s3.BUCKET_OWNERSHIP_CONTROLS,
        s3.BUCKET_POLICY,
        s3.BUCKET_LIFECYCLE_CONFIGURATION,
    ):
        assert {view.props["bucket"] for view in stack.of(card)} == buckets, card.token


def test_every_bucket_but_the_one_for_logs_logs_who_reads_it(stack: Recording) -> None:
    logged = {view.props["bucket"]: view.props["targetBucket"] for view in stack.of(s3.BUCKET_LOGGING)}
    buckets = {view.props["bucket"] for view in stack.of(s3.BUCKET)}
    assert buckets - set(logged) == set(logged.values()), "only the target itself has no log: it would log its own logs"


def test_protect_is_what_the_stack_file_says(stack: Recording) -> None:
    wanted = load_file(ROOT / f"Pulumi.{stack.stack}.yaml").protect
    held = stack.of(s3.BUCKET, kms.KEY, ecr.REPOSITORY, eks.CLUSTER)
    assert {bool(stack.options[view.urn]["protect"]) for view in held} == {wanted}


def test_every_address_is_freed_before_the_internet_gateway_goes(stack: Recording) -> None:
    (gateway,) = stack.of(ec2.INTERNET_GATEWAY)
    for view in stack.of(ec2.EIP, ec2.NAT_GATEWAY):
        assert gateway.urn in stack.options[view.urn]["dependencies"], f"{view.name}: destroy would fail with DependencyViolation"


def test_resources_in_private_subnets_wait_for_their_routes(stack: Recording) -> None:
    routes = {view.urn for view in stack.of(ec2.ROUTE)}
    clusters = stack.of(eks.CLUSTER)
    assert clusters
    for view in clusters:
        assert routes <= set(stack.options[view.urn]["dependencies"]), "nodes that start before the NAT route never join"


def test_every_output_of_the_platform_is_exported(stack: Recording) -> None:
    wanted = {
        "vpcId",
        "bucketNames",
        "endpointName",
        "trainingJobName",
        "modelArtifact",
        "testAccuracy",
        "clusterName",
        "keyArns",
    }
    assert wanted <= set(stack.outputs)
    assert stack.outputs["environment"] == stack.stack


def test_no_code_asks_whether_the_stack_is_local(recorded: Record) -> None:
    """A stack is local by the values of its file alone, so no code of infra compares its name or reads an endpoint."""
    for path in (ROOT / "infra").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert '== "local"' not in text, f"{path.name} branches on where it runs"
        assert 'AWS_ENDPOINT_URL"' not in text, f"{path.name} branches on where it runs"


def test_secret_values_reach_the_cloud_only_as_secrets() -> None:
    recording = recorded_with_every_option()
    (version,) = recording.of(secretsmanager.SECRET_VERSION)
    assert isinstance(version.props["secretString"], Secret)
    assert SECRET_VALUE not in repr([view.props for view in recording])


def _takes_tags(view: ResourceView) -> bool:
    """Whether the SDK's class of this type has a `tags` argument."""
    package, path, kind = view.type.split(":")
    if package != "aws":
        return view.type.endswith(":TrainingJob")
    module = importlib.import_module(f"pulumi_aws.{path.partition('/')[0].replace('lambda', 'lambda_')}")
    return "tags" in inspect.signature(getattr(module, kind)._internal_init).parameters


def test_credentials_of_another_account_are_refused_by_the_provider(stack: Recording) -> None:
    settings = load_file(ROOT / f"Pulumi.{stack.stack}.yaml")
    assert settings.allowed_account_ids == (settings.account_id,), "the wrong profile would build it in the wrong account"


def test_nothing_is_in_the_default_security_group(stack: Recording) -> None:
    def groups(view: ResourceView) -> list[object]:
        if view.type == "aws:ec2/launchTemplate:LaunchTemplate" and read(view, "networkInterfaces"):
            return [interface.get("securityGroups") for interface in read(view, "networkInterfaces")]
        return [
            read(view, "vpcSecurityGroupIds") or read(view, "securityGroupIds") or read(view, "vpcConfig.securityGroupIds")
        ]  # fmt: skip

    placed = stack.of(
        ec2.LAUNCH_TEMPLATE, eks.CLUSTER, sagemaker.MODEL,
        sagemaker.TRAINING_JOB,
    )  # fmt: skip
    placed += [view for view in stack.of(ec2.VPC_ENDPOINT) if read(view, "vpcEndpointType") == "Interface"]
    assert len(placed) >= 5
    assert [view.name for view in placed if not all(groups(view))] == []


def test_mandatory_rules_are_met_and_every_broken_advisory_rule_is_explained(stack: Recording) -> None:
    """A comment at the declaration explains why each of these advisory rules is not followed. A new violation is mended, or
    explained there."""
    from policies.evaluate import evaluate

    explained = {
        "iam-role-has-boundary", "network-default-group-is-declared", "secretsmanager-secret-rotates",
        "eks-administrators-are-few",
    }  # fmt: skip
    found = evaluate(stack).violations
    assert [violation for violation in found if violation.level == "mandatory"] == []
    assert {violation.rule for violation in found} <= explained
