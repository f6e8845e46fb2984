"""Every role that the capabilities ask for, as a stack with CI, image builds and working hours has them."""

from __future__ import annotations

from infra.base.iam import Scope
from infra.cluster import rights as cluster
from infra.identity import rights as identity
from infra.identity.settings import CiSettings, IdentitySettings
from infra.money import rights as money
from infra.network import rights as network
from infra.registry import rights as registry
from infra.registry.settings import ImageBuildSettings
from infra.serving import rights as serving
from infra.training import rights as training

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")
CLUSTER = "slipway-dev"
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/11111111-2222-3333-4444-555555555555"
ROLES = {
    role.key: role
    for role in (
        *training.roles(SCOPE, CLUSTER),
        *serving.roles(SCOPE),
        *identity.roles(SCOPE, IdentitySettings(ci=CiSettings(repository="example/slipway")), registry.start_builds(SCOPE)),
        *network.roles(SCOPE),
        *cluster.roles(SCOPE, CLUSTER),
        *registry.roles(SCOPE, ImageBuildSettings(repository="example/slipway", connection_arn=CONNECTION)),
        *money.roles(SCOPE, ["slipway-dev-gpu-"]),
    )
}
