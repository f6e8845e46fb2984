"""The settings of everything that is not compute: network, keys, identity, lake, registry, secrets, logs.

Every default is written here, once, and nowhere else. `docs/settings.md` is made from the descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr

from infra.base.section import Fault, Place, Section
from infra.network.decide import MIN_ZONES, ZONE_SLOTS, cidr_fault, overlaps

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html: those such a platform calls.
INTERFACE_SERVICES: Final = frozenset(
    {
        "autoscaling", "bedrock-runtime", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing",
        "events", "kms", "lambda", "logs", "monitoring", "s3", "sagemaker.api", "sagemaker.runtime", "secretsmanager", "sns",
        "sqs", "ssm", "ssmmessages", "sts", "xray",
    }
)  # fmt: skip
# Without NAT, a private node can pull, join and log only through these, pods read secrets, and operators come in (ssm).
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html; S3 has its gateway endpoint in any case.
ENDPOINTS_WITHOUT_NAT: Final = (
    "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "kms", "logs", "sagemaker.api", "secretsmanager", "ssm", "ssmmessages", "sts",
)  # fmt: skip
# A name, or a pattern that begins with one: role/* would be everybody, and says so less clearly than an empty list.
_OPERATOR: Final = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@-][\w+=,.@/*-]*")
REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_CONNECTION: Final = re.compile(r"arn:aws:codeconnections:[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_SECRET_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def _log_days(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda allowed: abs(allowed - days))
        raise ValueError(f"is no retention that CloudWatch Logs has; the nearest is {nearest}")
    return days


def _cidr(cidr: str) -> str:
    if fault := cidr_fault(cidr):
        raise ValueError(fault)
    return cidr


def _service(name: str) -> str:
    if name not in INTERFACE_SERVICES:
        raise ValueError(f"is no interface endpoint known here; known: {', '.join(sorted(INTERFACE_SERVICES))}")
    return name


def _secret_name(name: str) -> str:
    if not _SECRET_NAME.fullmatch(name):
        raise ValueError("is no name for a secret; use lower-case letters, digits and hyphens, a letter first, 63 at most")
    return name


def _recovery_days(days: int) -> int:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    if days != 0 and not 7 <= days <= 30:
        raise ValueError("is no recovery window; use 7 to 30, or 0 to delete at once")
    return days


def _repository(name: str) -> str:
    if not REPOSITORY.fullmatch(name):
        raise ValueError("names no repository; write owner/name")
    return name


def _connection(arn: str) -> str:
    if not _CONNECTION.fullmatch(arn):
        raise ValueError(
            "is no arn of a connection; write one like "
            "arn:aws:codeconnections:us-east-1:123456789012:connection/11111111-2222-3333-4444-555555555555"
        )
    return arn


def _pinned(image: str) -> str:
    if image and not _DIGEST.search(image):
        raise ValueError("names no digest; write name@sha256:<64 hex digits>, so that it is the same tomorrow")
    return image


def _operator(arn: str) -> str:
    if not _OPERATOR.fullmatch(arn):
        raise ValueError(
            "is no arn of roles; write one like "
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Operator_*"
        )
    return arn


OperatorArn = Annotated[str, AfterValidator(_operator)]
LogDays = Annotated[int, AfterValidator(_log_days)]


class Nat(StrEnum):
    """How private subnets reach the internet: not at all, through one gateway, or through one in each zone."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "per-zone"


class NetworkSettings(Section):
    """The VPC."""

    cidr: Annotated[str, AfterValidator(_cidr)] = Field(description="The VPC's IPv4 range; all subnets are cut from it.")
    zones: int = Field(default=2, ge=MIN_ZONES, le=ZONE_SLOTS, description="How many availability zones to use, 2 to 4.")
    zone_names: tuple[str, ...] = Field(default=(), description="Which zones, by name, where the first `zones` will not do.")
    nat: Nat = Field(default=Nat.SINGLE, description="NAT gateways: `none`, `single` (one for all zones) or `per-zone`.")
    interface_endpoints: tuple[Annotated[str, AfterValidator(_service)], ...] = Field(
        default=("ecr.api", "ecr.dkr", "kms", "logs", "sagemaker.api", "sagemaker.runtime", "sts"),
        description="AWS services reached inside the VPC, by endpoint name; each costs by the hour and zone.",
    )
    peer_cidrs: tuple[str, ...] = Field(
        default=(), description="Ranges this VPC is or will be connected to; none may overlap its own."
    )
    flow_log_retention_days: LogDays = Field(default=365, description="How long VPC flow logs are kept.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for left, right in overlaps((self.cidr, *self.peer_cidrs)):
            if self.cidr in (left, right):
                other = right if left == self.cidr else left
                yield Fault(
                    f"{path}.cidr", self.cidr, f"overlaps peer range {other}; connected networks need ranges of their own"
                )
        known = place.zone_names
        if known and self.zones > len(known):
            yield Fault(
                f"{path}.zones",
                self.zones,
                f"{place.region} has {len(known)} zones ({', '.join(known)}); use {len(known)} or fewer",
            )
        for number, name in enumerate(self.zone_names):
            if known and name not in known:
                yield Fault(f"{path}.zoneNames[{number}]", name, f"is no zone of {place.region}; it has {', '.join(known)}")
        if self.zone_names and len(set(self.zone_names)) != self.zones:
            yield Fault(
                f"{path}.zoneNames",
                list(self.zone_names),
                f"must name `zones` different zones; name {self.zones}, or leave it out",
            )
        missing = [name for name in ENDPOINTS_WITHOUT_NAT if name not in self.interface_endpoints]
        if self.nat is Nat.NONE and missing:
            yield Fault(
                f"{path}.nat",
                self.nat.value,
                f"without NAT nodes and jobs also need interfaceEndpoints {', '.join(missing)}; add them, or use nat: single",
            )


class KeysSettings(Section):
    """The KMS keys, one a domain."""

    deletion_window_days: int = Field(
        default=30, ge=14, le=30, description="Days between deleting a key and losing it, 14 to 30."
    )
    rotation_days: int = Field(default=365, ge=90, le=2560, description="Days between two rotations of a key's material.")


class CiSettings(Section):
    """A role that a GitHub Actions workflow takes by OpenID Connect, with no stored credential."""

    repository: Annotated[str, AfterValidator(_repository)] = Field(
        description="The repository that may take the role, owner/name."
    )
    git_ref: str = Field(default="refs/heads/main", description="The only git ref whose workflows may take the role.")
    provider: Literal["create", "existing"] = Field(
        default="create",
        description="GitHub's identity provider in IAM, one an account: `create` makes it in this stack, `existing` takes the "
        "one that is there, as `slipway bootstrap` or another stack made it.",
    )


class IdentitySettings(Section):
    """IAM."""

    max_session_hours: int = Field(default=4, ge=1, le=12, description="The longest session of a role that people or CI take.")
    operator_principal_arns: tuple[OperatorArn, ...] = Field(
        default=(),
        description="Who may take the operator role: arns of roles of this account, `*` as in IAM Identity Center's. "
        "Empty: everybody of the account who holds sts:AssumeRole on it and came with a second factor.",
    )
    ci: CiSettings | None = Field(default=None, description="The CI role; left out, there is none.")


class RetentionDays(Section):
    """Days until an object expires, a bucket each; 0 keeps it for good."""

    raw: int = Field(default=0, ge=0, description="Raw data, as it arrived.")
    curated: int = Field(default=0, ge=0, description="Data that training reads.")
    models: int = Field(default=0, ge=0, description="Model artifacts.")
    checkpoints: int = Field(default=30, ge=0, description="Training checkpoints.")
    logs: int = Field(default=400, ge=1, description="Access logs; never for good.")


class LakeSettings(Section):
    """The buckets."""

    retention_days: RetentionDays = Field(default=RetentionDays(), description="Days until an object expires, by bucket.")
    noncurrent_days: int = Field(default=30, ge=1, description="Days a replaced or deleted version is kept.")
    infrequent_access_days: int = Field(
        default=90, ge=30, description="Days until raw data and models move to cheaper storage; S3 takes 30 or more."
    )
    force_destroy: bool = Field(default=False, description="Whether `destroy` may delete buckets that still hold objects.")


class ImageBuildSettings(Section):
    """A CodeBuild project that builds the workload images and pushes them, in the private subnets."""

    repository: Annotated[str, AfterValidator(_repository)] = Field(description="The GitHub repository built, owner/name.")
    connection_arn: Annotated[str, AfterValidator(_connection)] = Field(
        description="The connection that reads it: made in the console (Developer Tools, Connections), where GitHub asks you."
    )
    git_ref: str = Field(default="refs/heads/main", description="The git ref built, where a build names no other.")
    variant: Literal["cuda", "cpu", "neuron"] = Field(
        default="cuda", description="Which variant of the images; the stack runs cuda."
    )
    base_image: Annotated[str, AfterValidator(_pinned)] = Field(
        default="", description="A base as name@sha256:..., such as a copy in ECR; neuron needs one. Empty: the Dockerfile's."
    )
    compute_type: Literal["BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE"] = Field(
        default="BUILD_GENERAL1_LARGE", description="The machine; the small one has no disk for PyTorch with CUDA twice."
    )
    timeout_minutes: int = Field(default=90, ge=5, le=480, description="A build is stopped after this.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.variant == "neuron" and not self.base_image:
            yield Fault(f"{path}.baseImage", self.base_image, "neuron needs the digest of an AWS Deep Learning Container")


class RegistrySettings(Section):
    """The image repositories."""

    keep_images: int = Field(default=30, ge=1, le=1000, description="How many tagged images a repository keeps.")
    untagged_days: int = Field(default=7, ge=1, description="Days until an image without a tag is removed.")
    force_delete: bool = Field(default=False, description="Whether `destroy` may delete repositories that still hold images.")
    build: ImageBuildSettings | None = Field(
        default=None, description="The project that builds the images; left out, there is none."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.build is not None:
            yield from self.build.faults(f"{path}.build", place)


class SecretsSettings(Section):
    """Secrets that workloads read at run time (a model hub's token, an experiment tracker's key)."""

    names: tuple[Annotated[str, AfterValidator(_secret_name)], ...] = Field(
        default=(), description="Secrets to declare; their values may be put in by hand later."
    )
    values: dict[str, SecretStr] = Field(
        default_factory=dict, description="Values, by name; set with `pulumi config set --secret --path`."
    )
    recovery_days: Annotated[int, AfterValidator(_recovery_days)] = Field(
        default=7,
        description="Days in which a deleted secret can be brought back and its name is taken, 7 to 30; 0 for neither.",
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for name in self.values:
            if name not in self.names:
                yield Fault(f"{path}.values.{name}", "[secret]", f"is a value for no declared secret; add {name} to {path}.names")


class LogsSettings(Section):
    """CloudWatch log groups other than flow logs."""

    retention_days: LogDays = Field(default=365, description="How long job, endpoint and cluster logs are kept.")
