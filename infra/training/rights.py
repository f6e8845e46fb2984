"""What a training job and a training pod may do: plain values."""

from __future__ import annotations

from infra.base.iam import Document, Scope, allow, document, service_trust
from infra.base.role import Role
from infra.cluster.rights import pod_trust
from infra.keys.rights import hand_keys_on, use_keys
from infra.lake.rights import read_bucket, tidy_checkpoints, write_bucket, write_corpora
from infra.network.rights import join_vpc
from infra.registry.rights import pull_images
from infra.watch.rights import put_metrics, write_logs


def roles(scope: Scope, cluster_name: str) -> tuple[Role, ...]:
    """The roles of jobs that SageMaker runs and of pods in the cluster."""
    return (
        Role(key="training", trust=service_trust(scope, "sagemaker.amazonaws.com"), document=training_document(scope)),
        Role(key="pod-training", trust=pod_trust(scope, cluster_name), document=pod_training_document(scope)),
    )


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
