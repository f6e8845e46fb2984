"""The policy documents of CI's two roles, as plain values: `preview` reads, `up` makes the platform.

Whoever can push a branch can run code as `preview`, so that role changes nothing and reads no data but the stack's own state.
`up` can create roles, and could so gain their rights. It is guarded by the repository's environment, whose reviewers must approve
each run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from infra.base.iam import Document, Scope, Statement, allow, document
from infra.cluster.rights import AGENT_POLICIES
from infra.lake.decide import BUCKETS as PLATFORM_BUCKETS
from infra.watch.rights import log_groups
from tools.bootstrap import grants
from tools.bootstrap.target import Target

# The paths below `.pulumi/` in Pulumi's S3 backend, as a run of the engine uses them: state, history, backups, locks.
_STATE_READ: Final = ("meta.yaml", "stacks/{project}/{stack}.*", "history/{project}/{stack}/*")
_STATE_WRITTEN: Final = (*_STATE_READ, "backups/{project}/{stack}/*", "locks/organization/{project}/{stack}/*")


def documents_of(purpose: str, target: Target, key_arn: str) -> dict[str, Document]:
    """Concern -> policy document, of CI's role `preview` or `up`. The concern ends the name of the policy."""
    return {"preview": _preview, "up": _up}[purpose](target, key_arn)


def _preview(target: Target, key_arn: str) -> dict[str, Document]:
    """The rights of `preview` and `refresh --preview-only`: to read the stack's state and the platform's configuration."""
    scope = target.scope
    looks = document(
        allow("ListState", ("s3:GetBucketLocation", "s3:ListBucket"), [target.bucket_arn]),
        allow("ReadState", ("s3:GetObject",), _state(target, _STATE_READ)),
        allow("OpenState", ("kms:Decrypt", "kms:DescribeKey"), [key_arn]),
        _look(),
        *_own_objects(target, scope),
    )
    return {"look": looks}


def _up(target: Target, key_arn: str) -> dict[str, Document]:
    """The rights of `up`, `destroy` and `refresh`: several policies, as together they are too long for a role's inline policy."""
    scope = target.scope
    return {
        "state": document(
            allow("ListState", ("s3:GetBucketLocation", "s3:ListBucket"), [target.bucket_arn]),
            allow("WriteState", ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), _state(target, _STATE_WRITTEN)),
            allow("UseStateKey", ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"), [key_arn]),
            _look(),
        ),
        "network": document(*_network(scope)),
        "platform": document(*_platform(scope)),
        "data": document(*_data(target, scope)),
        "roles": document(*_roles(scope)),
    }


def _look() -> Statement:
    actions = (f"{service}:{action}" for service, names in grants.READS.items() for action in names)
    return allow("LookAtPlatform", actions, ["*"])


def _state(target: Target, patterns: Iterable[str]) -> list[str]:
    filled = (pattern.format(project=target.naming.project, stack=target.stack) for pattern in patterns)
    return [f"{target.bucket_arn}/.pulumi/{one}" for one in filled]


def _own_objects(target: Target, scope: Scope) -> list[Statement]:
    """Rights to read the data sets that the stack uploads: `refresh` checks whether those objects have changed."""
    if not target.datasets:
        return []
    uploaded = [f"{scope.bucket('curated')}/{name}/*" for name in target.datasets]
    return [
        allow("SeeOwnDatasets", ("s3:GetObject", "s3:GetObjectTagging"), uploaded),
        allow(
            "OpenOwnDatasets",
            ("kms:Decrypt",),
            [scope.arn("kms", "key/*")],
            **{
                "StringEquals": {"kms:ViaService": f"s3.{scope.region}.amazonaws.com"},
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{scope.prefix}-data"},
            },
        ),
    ]


def _network(scope: Scope) -> Iterable[Statement]:
    here = {"aws:RequestedRegion": scope.region}
    kinds = [scope.arn("ec2", f"{kind}/*") for kind in grants.NETWORK_KINDS]
    yield allow("MakeNetwork", _of("ec2", grants.NETWORK_MAKING), kinds, StringEquals=here)
    yield allow(
        "ChangeOwnNetwork",
        _of("ec2", grants.NETWORK_CHANGING),
        [scope.arn("ec2", "*/*")],
        StringEquals={"aws:ResourceTag/Environment": scope.environment},
    )
    # EC2 tags a resource in the call that creates it, when it does not have the tag yet that ChangeOwnNetwork asks for.
    making = {"ec2:CreateAction": [*grants.NETWORK_MAKING, "RunInstances"]}
    yield allow("TagWhatIsMade", ("ec2:CreateTags",), [scope.arn("ec2", "*/*")], StringEquals=making)
    # Whoever creates an interface endpoint also needs the right to associate its private DNS name with the VPC.
    yield allow("NameEndpoints", ("route53:AssociateVPCWithHostedZone",), ["arn:aws:route53:::hostedzone/*"])
    # EKS starts nodes itself, but only if whoever creates the node group could start them from its launch template.
    yield allow(
        "StartNodesFromTemplates",
        ("ec2:RunInstances",),
        ["*"],
        StringEquals=here,
        ArnLike={"ec2:LaunchTemplate": scope.arn("ec2", "launch-template/*")},
    )


def _platform(scope: Scope) -> Iterable[Statement]:
    named = {
        "budgets": [f"arn:aws:budgets::{scope.account_id}:budget/{scope.prefix}-*"],
        "cloudwatch": [
            scope.arn("cloudwatch", f"alarm:{scope.prefix}-*"),
            f"arn:aws:cloudwatch::{scope.account_id}:dashboard/{scope.prefix}*",
            # Application Auto Scaling creates a policy's alarms with the rights of its caller.
            scope.arn("cloudwatch", f"alarm:TargetTracking-endpoint/{scope.prefix}-*"),
        ],
        "codebuild": [scope.arn("codebuild", f"project/{scope.prefix}-*")],
        "ecr": [scope.arn("ecr", f"repository/{scope.prefix}-*")],
        "logs": [arn for group in log_groups(scope) for arn in (group, f"{group}:*")],
        "sagemaker": [scope.arn("sagemaker", f"*/{scope.prefix}-*")],
        "scheduler": [scope.arn("scheduler", f"schedule/default/{scope.prefix}-*")],
        "secretsmanager": [scope.arn("secretsmanager", f"secret:{scope.prefix}-*")],
        "sns": [scope.arn("sns", f"{scope.prefix}-*")],
        "sqs": [scope.arn("sqs", f"{scope.prefix}-*")],
    }
    for service, actions in grants.ACTIONS_BY_NAME.items():
        yield allow(f"Own{service.capitalize()}", _of(service, actions), named[service])
    watches = [f"arn:aws:ce::{scope.account_id}:{kind}/*" for kind in ("anomalymonitor", "anomalysubscription")]
    made = {"aws:RequestTag/Environment": scope.environment}
    there = {"aws:ResourceTag/Environment": scope.environment}
    yield allow("MakeWatches", _of("ce", grants.WATCHES_MAKING), ["*"], StringEquals=made)
    yield allow("TagWatches", ("ce:TagResource",), watches, StringEquals=made, StringEqualsIfExists=there)
    yield allow("ChangeOwnWatches", _of("ce", grants.WATCHES_CHANGING), watches, StringEquals=there)
    yield allow(
        "HandConnectionsOn",
        ("codeconnections:PassConnection",),
        [scope.arn("codeconnections", "connection/*")],
        StringEquals={"codeconnections:PassedToService": "codebuild.amazonaws.com"},
    )
    kinds = ("cluster/{}", "nodegroup/{}/*", "addon/{}/*", "access-entry/{}/*", "podidentityassociation/{}/*")
    clusters = [scope.arn("eks", kind.format(scope.prefix)) for kind in kinds]
    yield allow("OwnCluster", _of("eks", grants.CLUSTER), clusters)
    yield allow(
        "ScaleEndpoints",
        _of("application-autoscaling", grants.SCALING),
        [scope.arn("application-autoscaling", "scalable-target/*")],
        StringEqualsIfExists={"application-autoscaling:service-namespace": "sagemaker"},
    )


def _data(target: Target, scope: Scope) -> Iterable[Statement]:
    buckets = [scope.bucket(purpose) for purpose in PLATFORM_BUCKETS]
    objects = (*grants.OBJECTS, "DeleteObjectVersion") if target.empties_buckets else grants.OBJECTS
    yield allow("OwnBuckets", _of("s3", grants.BUCKET_ACTIONS), buckets)
    yield allow("OwnObjects", _of("s3", objects), [f"{bucket}/*" for bucket in buckets])
    tagged = {"StringEquals": {"aws:ResourceTag/Environment": scope.environment}}
    keys = [scope.arn("kms", "key/*")]
    ours = {"aws:RequestTag/Environment": scope.environment, "aws:RequestedRegion": scope.region}
    yield allow("MakeKeys", ("kms:CreateKey",), ["*"], StringEquals=ours)
    # A new key has no tag yet. The key of another environment, or of the state, must not become ours by a new tag.
    other = {"aws:ResourceTag/Environment": scope.environment}
    yield allow("TagNewKeys", ("kms:TagResource",), keys, StringEquals=ours, StringEqualsIfExists=other)
    yield allow("TendOwnKeys", _of("kms", grants.KEY_ADMINISTRATION), keys, **tagged)
    yield allow(
        "NameOwnKeys", ("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"), [scope.arn("kms", f"alias/{scope.prefix}-*")]
    )
    yield allow("UseOwnKeys", _of("kms", grants.KEY_USE), keys, **{
        "ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{scope.prefix}-*"},
    })  # fmt: skip


def _roles(scope: Scope) -> Iterable[Statement]:
    own, agents = [scope.role("*")], [scope.role(agent) for agent in sorted(AGENT_POLICIES)]
    iam = f"arn:aws:iam::{scope.account_id}"
    boundary = {"iam:PermissionsBoundary": f"{iam}:policy/{scope.prefix}-permission-boundary"}
    yield allow(
        "MakeRolesWithinBoundary",
        _of("iam", ("AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy")),
        own,
        StringEquals=boundary,
    )
    yield allow("MakeAgents", ("iam:CreateRole", "iam:PutRolePolicy"), agents)
    yield allow(
        "GiveAgentsTheirPolicies",
        ("iam:AttachRolePolicy",),
        agents,
        ArnEquals={
            "iam:PolicyARN": sorted(f"arn:aws:iam::aws:policy/{name}" for names in AGENT_POLICIES.values() for name in names)
        },
    )
    yield allow("TendOwnRoles", _of("iam", grants.ROLES_TENDED), own)
    yield allow("OwnPolicies", _of("iam", grants.POLICIES), [f"{iam}:policy/{scope.prefix}-*"])
    yield allow("PassOwnRoles", ("iam:PassRole",), own, StringEquals={"iam:PassedToService": list(grants.SERVICES)})
    yield allow(
        "MakeLinkedRoles",
        ("iam:CreateServiceLinkedRole",),
        [f"{iam}:role/aws-service-role/*"],
        StringEquals={"iam:AWSServiceName": list(grants.LINKED_SERVICES)},
    )


def _of(service: str, names: Iterable[str]) -> list[str]:
    return [f"{service}:{name}" for name in names]
