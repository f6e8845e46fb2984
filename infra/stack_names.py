"""The names of a stack that grow with its environment's name, and the room that AWS gives each."""

from __future__ import annotations

from catalog import limits
from infra.base.naming import Naming
from infra.lake.decide import BUCKETS


def derived_names(naming: Naming, account_id: str, region: str) -> list[tuple[str, str, int]]:
    """(what, name, limit) of the names that grow with the environment's, tightest limit first."""
    return [
        *(
            ("S3 bucket", naming.bucket(purpose, account_id, region), limits.S3_BUCKET_NAME)
            for purpose in sorted(BUCKETS, key=len, reverse=True)
        ),
        ("SageMaker endpoint", naming.name("digits"), limits.SAGEMAKER_NAME),
        ("EKS node group", naming.name("system"), limits.EKS_NODE_GROUP_NAME),
        ("IAM role", naming.name("sagemaker-training"), limits.IAM_ROLE_NAME),
        ("SQS queue", naming.name("alerts-dead-letter"), limits.SQS_QUEUE_NAME),
        ("EKS cluster", naming.name(), limits.EKS_CLUSTER_NAME),
        ("budget", naming.name("monthly"), limits.BUDGET_NAME),
        ("IAM policy", naming.name("permission-boundary"), limits.IAM_POLICY_NAME),
        ("alarm", naming.name("alerts-dead-letter"), limits.ALARM_NAME),
    ]
