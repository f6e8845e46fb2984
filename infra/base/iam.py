"""Least-privilege IAM documents as plain values: who may do what to which of our things. No Pulumi, nothing unknown.

Names are deterministic, and keys are told apart by alias (`kms:ResourceAliases`), so that every document is complete at
preview and rules can read it. Nothing here allows `*` on `*`; `iam_lint.lint_document` holds every document to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]
Statement = dict[str, Any]
VERSION: Final = "2012-10-17"
# Where in the raw bucket endpoints keep what they were asked.
CAPTURE_PREFIX: Final = "capture"
# Where in the curated bucket jobs keep the corpora that they make.
CORPORA: Final = "corpora"

# https://docs.aws.amazon.com/service-authorization/latest/reference/: actions that take no resource but `*`.
WITHOUT_RESOURCE: Final = frozenset(
    {
        "cloudwatch:PutMetricData",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
        "eks:ListClusters",
        "sagemaker:ListEndpoints",
        "sagemaker:ListModels",
        "sagemaker:ListTrainingJobs",
        "sts:GetCallerIdentity",
    }
)
# The roles that AWS's own agents take, and what AWS itself keeps up to date for them:
# https://docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html
AGENT_POLICIES: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("AmazonEKSClusterPolicy",),
    "node": ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"),
    "vpc-cni": ("AmazonEKS_CNI_Policy",),
    "ebs-csi": ("service-role/AmazonEBSCSIDriverPolicy",),
}
_LOG_WRITE: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
_IMAGE_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_INTERFACES: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
_LOOK_AROUND: Final = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Where a stack's things are: enough to write any of their arns. `prefix` starts every name (`slipway-dev`)."""

    account_id: str
    region: str
    prefix: str
    environment: str

    def bucket(self, purpose: str) -> str:
        """The arn of one of the lake's buckets."""
        return f"arn:aws:s3:::{self.prefix}-{purpose}-{self.account_id}-{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """An arn in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def role(self, *parts: str) -> str:
        """The arn of one of our roles."""
        return f"arn:aws:iam::{self.account_id}:role/{'-'.join((self.prefix, *parts))}"


def document(*statements: Statement) -> Document:
    """A policy document of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def allow(sid: str, actions: Iterable[str], resources: Sequence[str], **condition: Any) -> Statement:
    """An Allow statement; `condition` is operator -> {key: value}."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def service_trust(scope: Scope, service: str, *, actions: Sequence[str] = ("sts:AssumeRole",), source_arn: str = "") -> Document:
    """Who may take a role: one AWS service, and only on behalf of this account (the confused deputy)."""
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": scope.account_id}}
    if source_arn:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    return document(_trust("TrustService", {"Service": service}, actions, condition))


def node_trust() -> Document:
    """EC2 hands the role to nodes itself and sets no source keys, so there is no condition to give."""
    return document(_trust("TrustNodes", {"Service": "ec2.amazonaws.com"}, ("sts:AssumeRole",), None))


def pod_trust(scope: Scope, cluster_name: str) -> Document:
    """Pods of one cluster, through EKS Pod Identity."""
    return service_trust(
        scope,
        "pods.eks.amazonaws.com",
        actions=("sts:AssumeRole", "sts:TagSession"),
        source_arn=scope.arn("eks", f"cluster/{cluster_name}"),
    )


def operator_trust(scope: Scope, principals: Sequence[str] = ()) -> Document:
    """People of this account who hold `sts:AssumeRole` on the role: those named, by arn patterns, or all with a second factor.

    Named ones are not asked for the factor: IAM Identity Center asks for it itself, and its sessions do not carry the key.
    """
    principal = {"AWS": f"arn:aws:iam::{scope.account_id}:root"}
    condition: dict[str, Any] = {"StringEquals": {"aws:PrincipalAccount": scope.account_id}}
    if principals:
        condition["ArnLike"] = {"aws:PrincipalArn": list(principals)}
    else:
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return document(_trust("TrustPeople", principal, ("sts:AssumeRole",), condition))


def training_document(scope: Scope) -> Document:
    """A training job: reads data, makes corpora, writes models and checkpoints, its logs and its metrics, inside our VPC."""
    return document(
        *read_bucket(scope, "curated"),
        *write_bucket(scope, "models"),
        *write_bucket(scope, "checkpoints"),
        write_corpora(scope),
        tidy_checkpoints(scope),
        use_keys(scope, "data", "models"),
        hand_keys_on(scope, "models"),
        *pull_images(scope, "training"),
        write_logs(scope, "/aws/sagemaker/TrainingJobs"),
        put_metrics("/aws/sagemaker/TrainingJobs"),
        *join_vpc(scope),
    )


def serving_document(scope: Scope) -> Document:
    """An endpoint: reads models, captures what it was asked into the raw bucket, inside our VPC."""
    return document(
        *read_bucket(scope, "models"),
        *write_bucket(scope, "raw", prefix=f"{CAPTURE_PREFIX}/"),
        use_keys(scope, "data", "models"),
        hand_keys_on(scope, "models"),
        *pull_images(scope, "serving"),
        write_logs(scope, "/aws/sagemaker/Endpoints"),
        put_metrics("/aws/sagemaker/Endpoints"),
        *join_vpc(scope),
    )


def pod_training_document(scope: Scope) -> Document:
    """A training pod: what a training job may touch in the lake, and the secrets it is given."""
    return document(
        *read_bucket(scope, "curated"),
        *write_bucket(scope, "models"),
        *write_bucket(scope, "checkpoints"),
        write_corpora(scope),
        tidy_checkpoints(scope),
        use_keys(scope, "data", "models", "secrets"),
        allow(
            "ReadSecrets",
            ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
            [scope.arn("secretsmanager", f"secret:{scope.prefix}-*")],
        ),
    )


def flow_log_document(scope: Scope) -> Document:
    """The VPC flow-log service: writes one log group."""
    group = scope.arn("logs", f"log-group:/{scope.prefix}/vpc-flow")
    return document(
        allow(
            "WriteFlowLogs",
            ("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            [group, f"{group}:*"],
        )
    )


def volume_key_document(scope: Scope) -> Document:
    """The EBS driver: makes pods' volumes under the cluster's key. AWS's managed policy for it has no KMS."""
    key, condition = [scope.arn("kms", "key/*")], {"kms:ResourceAliases": [f"alias/{scope.prefix}-cluster"]}
    return document(
        allow(
            "UseVolumeKey",
            ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
            key,
            **{"ForAnyValue:StringEquals": condition},
        ),
        hand_keys_on(scope, "cluster"),
    )


def ci_document(scope: Scope) -> Document:
    """CI: pushes images, trains and registers models, puts one into service. It changes no infrastructure and no IAM."""
    sagemaker = [
        scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("training-job", "model", "endpoint", "endpoint-config")
    ]
    return document(
        allow("LogInToRegistry", ("ecr:GetAuthorizationToken",), ["*"]),
        allow(
            "PushImages",
            (
                *_IMAGE_PULL, "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:InitiateLayerUpload", "ecr:PutImage",
                "ecr:UploadLayerPart",
            ),
            [scope.arn("ecr", f"repository/{scope.prefix}-{image}") for image in ("training", "serving")],
        ),
        allow(
            "RunTraining",
            ("sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
            sagemaker[:1],
        ),
        # What `slipway train --follow` asks: which runs there were, what one says, and its model's place in the registry.
        allow("ListTraining", ("sagemaker:ListTrainingJobs",), ["*"]),
        allow("FollowTraining", ("logs:DescribeLogStreams", "logs:GetLogEvents"), _training_logs(scope)),
        allow(
            "RegisterModels",
            ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"),
            [scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("model-package", "model-package-group")],
        ),
        allow(
            "UpdateEndpoints",
            ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint", "sagemaker:UpdateEndpoint"),
            sagemaker[2:],
        ),
        pass_role(scope, "training", service="sagemaker.amazonaws.com"),
        hand_keys_on(scope, "models"),
    )  # fmt: skip


def _training_logs(scope: Scope) -> list[str]:
    group = scope.arn("logs", "log-group:/aws/sagemaker/TrainingJobs")
    return [group, f"{group}:log-stream:*"]


def operator_document(scope: Scope) -> Document:
    """People on call: look at the cluster and the jobs, stop a job, read logs, reach the private API through a node."""
    return document(
        allow(
            "ListPlatform",
            (
                "ec2:DescribeInstances", "eks:ListClusters", "sagemaker:ListEndpoints", "sagemaker:ListModels",
                "sagemaker:ListTrainingJobs",
            ),
            ["*"],
        ),
        allow("SeeCluster", ("eks:AccessKubernetesApi", "eks:DescribeCluster"), [scope.arn("eks", f"cluster/{scope.prefix}")]),
        allow(
            "SeeJobs",
            ("sagemaker:DescribeEndpoint", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
            [scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("endpoint", "training-job")],
        ),
        allow("ReadLogs", ("logs:FilterLogEvents", "logs:GetLogEvents"), log_groups(scope)),
        *tunnel(scope),
    )  # fmt: skip


def tunnel(scope: Scope) -> tuple[Statement, Statement, Statement]:
    """Forward a port through a node of this environment, as to a private API server. No shell: one document, and it is checked.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
    """
    return (
        allow(
            "TunnelThroughNodes",
            ("ssm:StartSession",),
            [scope.arn("ec2", "instance/*")],
            StringEquals={"ssm:resourceTag/Environment": scope.environment},
            BoolIfExists={"ssm:SessionDocumentAccessCheck": "true"},
        ),
        allow(
            "NoShell",
            ("ssm:StartSession",),
            [f"arn:aws:ssm:{scope.region}::document/AWS-StartPortForwardingSessionToRemoteHost"],
        ),
        allow(
            "OwnTunnels",
            ("ssm:ResumeSession", "ssm:TerminateSession"),
            [scope.arn("ssm", "session/*")],
            StringLike={"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"},
        ),
    )


def read_bucket(scope: Scope, purpose: str) -> tuple[Statement, Statement]:
    """List a bucket and read its objects."""
    arn, title = scope.bucket(purpose), purpose.capitalize()
    return (
        allow(f"List{title}", ("s3:GetBucketLocation", "s3:ListBucket"), [arn]),
        allow(f"Read{title}", ("s3:GetObject",), [f"{arn}/*"]),
    )


def write_bucket(scope: Scope, purpose: str, *, prefix: str = "") -> tuple[Statement, Statement]:
    """List a bucket, and read and write objects below `prefix`. Nothing may be deleted: versions and lifecycle do that."""
    arn, title = scope.bucket(purpose), purpose.capitalize()
    return (
        allow(f"List{title}", ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), [arn]),
        allow(f"Write{title}", ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"), [f"{arn}/{prefix}*"]),
    )


def write_corpora(scope: Scope) -> Statement:
    """Write a corpus into the curated bucket: below its own prefix, so that no job can change the data of others."""
    return allow("WriteCorpora", ("s3:AbortMultipartUpload", "s3:PutObject"), [f"{scope.bucket('curated')}/{CORPORA}/*"])


def tidy_checkpoints(scope: Scope) -> Statement:
    """Take older checkpoints away, and rename what is whole (S3 has no renaming but copy and delete). Old versions stay."""
    return allow("TidyCheckpoints", ("s3:DeleteObject",), [f"{scope.bucket('checkpoints')}/*"])


def use_keys(scope: Scope, *domains: str) -> Statement:
    """Encrypt and decrypt under the keys of these domains, told by alias: a key's arn is unknown before it is made.

    `kms:Encrypt` is what SageMaker asks of a job whose output has a key, beside what S3 uses.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    return allow(
        "UseKeys",
        ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        [scope.arn("kms", "key/*")],
        **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{scope.prefix}-{domain}" for domain in domains]}},
    )


def hand_keys_on(scope: Scope, *domains: str) -> Statement:
    """Let a service that runs something for us (SageMaker's volumes, EBS) use the keys of these domains."""
    return allow(
        "HandKeysOn",
        ("kms:CreateGrant",),
        [scope.arn("kms", "key/*")],
        **{
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{scope.prefix}-{domain}" for domain in domains]},
            "Bool": {"kms:GrantIsForAWSResource": "true"},
        },
    )


def pull_images(scope: Scope, image: str) -> tuple[Statement, Statement]:
    """Pull one repository's images."""
    return (
        allow("LogInToRegistry", ("ecr:GetAuthorizationToken",), ["*"]),
        allow("PullImages", _IMAGE_PULL, [scope.arn("ecr", f"repository/{scope.prefix}-{image}")]),
    )


def write_logs(scope: Scope, group: str) -> Statement:
    """Write a SageMaker log group, whose name is SageMaker's own."""
    arn = scope.arn("logs", f"log-group:{group}")
    return allow("WriteLogs", _LOG_WRITE, [f"{arn}*", f"{arn}*:log-stream:*"])


def put_metrics(namespace: str) -> Statement:
    """Publish metrics in one namespace; the action takes no resource, the condition does the narrowing."""
    return allow("PutMetrics", ("cloudwatch:PutMetricData",), ["*"], StringLike={"cloudwatch:namespace": f"{namespace}*"})


def join_vpc(scope: Scope) -> tuple[Statement, Statement, Statement]:
    """SageMaker puts a network interface into our subnets, and only into those tagged as this environment's."""
    return (
        allow("LookAround", _LOOK_AROUND, ["*"]),
        allow("MakeInterfaces", _INTERFACES, [scope.arn("ec2", "network-interface/*")]),
        allow(
            "UseOurSubnets",
            ("ec2:CreateNetworkInterface",),
            [scope.arn("ec2", "subnet/*"), scope.arn("ec2", "security-group/*")],
            StringEquals={"aws:ResourceTag/Environment": scope.environment},
        ),
    )


def pass_role(scope: Scope, *roles: str, service: str) -> Statement:
    """Hand these roles to one service."""
    return allow(
        "PassRoles", ("iam:PassRole",), [scope.role(role) for role in roles], StringEquals={"iam:PassedToService": service}
    )


def log_groups(scope: Scope) -> list[str]:
    """The arns of every log group that is ours or that AWS makes for us."""
    ours = [f"/{scope.prefix}/*", f"/aws/eks/{scope.prefix}*", "/aws/sagemaker/*"]
    return [scope.arn("logs", f"log-group:{group}") for group in ours]


def _trust(sid: str, principal: dict[str, str], actions: Sequence[str], condition: dict[str, Any] | None) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return {**statement, "Condition": condition} if condition else statement
