"""Names, tags and AWS's limits on names, from one frozen object."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
S3_BUCKET_NAME_LIMIT: Final = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
IAM_ROLE_NAME_LIMIT: Final = 64
IAM_POLICY_NAME_LIMIT: Final = 128
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
KMS_ALIAS_LIMIT: Final = 256
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
ECR_REPOSITORY_LIMIT: Final = 256
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
EKS_CLUSTER_NAME_LIMIT: Final = 100
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
EKS_NODEGROUP_NAME_LIMIT: Final = 63
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
SAGEMAKER_NAME_LIMIT: Final = 63
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
SECURITY_GROUP_NAME_LIMIT: Final = 255
# https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
SNS_TOPIC_LIMIT: Final = 256
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
SQS_QUEUE_LIMIT: Final = 80
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/management-limits.html
BUDGET_NAME_LIMIT: Final = 100
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
ALARM_NAME_LIMIT: Final = 255
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
TAG_VALUE_LIMIT: Final = 256

REQUIRED_TAGS: Final = ("Project", "Environment", "Owner", "CostCenter", "ManagedBy")


class DataClass(StrEnum):
    """How sensitive the data in a store is; the `DataClass` tag of everything that holds data."""

    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    LOGS = "logs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """Every name and tag of one stack. `environment` is the stack's, `project` the product's."""

    project: str
    environment: str
    owner: str
    cost_center: str

    @property
    def prefix(self) -> str:
        """What every name starts with: `slipway-dev`."""
        return f"{self.project}-{self.environment}"

    def name(self, *parts: str) -> str:
        """`slipway-dev-part-part`: a physical name where AWS asks for one, and a logical name where it does not."""
        return "-".join((self.prefix, *parts))

    def bucket(self, purpose: str, account_id: str, region: str) -> str:
        """A bucket's name. Bucket names are one space for everyone on AWS, so account and region are in it."""
        return self.name(purpose, account_id, region)

    def short(self, *parts: str, limit: int) -> str:
        """`name(...)`, cut to `limit` characters with a hash of the whole, so that two long names never meet."""
        full = self.name(*parts)
        if len(full) <= limit:
            return full
        digest = hashlib.sha256(full.encode()).hexdigest()[:8]
        return f"{full[: limit - 9].rstrip('-')}-{digest}"

    def tags(self, name: str = "", *, data_class: DataClass | None = None, **extra: str) -> dict[str, str]:
        """The tags of one resource: the required five, `Name` where given, `DataClass` where it holds data."""
        tags = {
            "Project": self.project,
            "Environment": self.environment,
            "Owner": self.owner,
            "CostCenter": self.cost_center,
            "ManagedBy": "pulumi",
        }
        if name:
            tags["Name"] = name
        if data_class is not None:
            tags["DataClass"] = data_class.value
        return {**tags, **extra}


BUCKETS: Final = ("raw", "curated", "models", "checkpoints", "logs")


def derived_names(naming: Naming, account_id: str, region: str) -> list[tuple[str, str, int]]:
    """(what, name, limit) of the names that grow with the environment's, tightest limit first."""
    return [
        *(
            ("S3 bucket", naming.bucket(purpose, account_id, region), S3_BUCKET_NAME_LIMIT)
            for purpose in sorted(BUCKETS, key=len, reverse=True)
        ),
        ("SageMaker endpoint", naming.name("digits"), SAGEMAKER_NAME_LIMIT),
        ("EKS node group", naming.name("system"), EKS_NODEGROUP_NAME_LIMIT),
        ("IAM role", naming.name("sagemaker-training"), IAM_ROLE_NAME_LIMIT),
        ("SQS queue", naming.name("alerts-dead-letter"), SQS_QUEUE_LIMIT),
        ("EKS cluster", naming.name(), EKS_CLUSTER_NAME_LIMIT),
        ("budget", naming.name("monthly"), BUDGET_NAME_LIMIT),
        ("IAM policy", naming.name("permission-boundary"), IAM_POLICY_NAME_LIMIT),
        ("alarm", naming.name("alerts-dead-letter"), ALARM_NAME_LIMIT),
    ]
