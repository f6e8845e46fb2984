"""What a model endpoint may do: plain values."""

from __future__ import annotations

from infra.base.iam import Document, Scope, document, service_trust
from infra.base.role import Role
from infra.keys.rights import hand_keys_on, use_keys
from infra.lake.decide import CAPTURE_PREFIX
from infra.lake.rights import read_bucket, write_bucket
from infra.network.rights import join_vpc
from infra.registry.rights import pull_images
from infra.watch.rights import put_metrics, write_logs


def roles(scope: Scope) -> tuple[Role, ...]:
    """The role of endpoints."""
    return (Role(key="serving", trust=service_trust(scope, "sagemaker.amazonaws.com"), document=serving_document(scope)),)


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
