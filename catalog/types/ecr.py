"""ECR."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Lookup, Points, Quota, Rights, Unique, Used

LIFECYCLE_POLICY = Card(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    free=SETTING,
    rights=Rights(actions=("ecr:PutLifecyclePolicy",)),
    points=(Points(path="repository", to="aws:ecr/repository:Repository"),),
    room="images",
)
PULL_THROUGH_CACHE_RULE = Card(
    token="aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    free=SETTING,
    room="images",
)
REGISTRY_POLICY = Card(
    token="aws:ecr/registryPolicy:RegistryPolicy",
    free=SETTING,
    room="images",
)
REPOSITORY = Card(
    token="aws:ecr/repository:Repository",
    name="name",
    taggable=True,
    holds="its images",
    unit="GB kept a month",
    rights=Rights(
        actions=("ecr:CreateRepository", "ecr:TagResource"),
        arn="arn:{partition}:ecr:{region}:{account}:repository/{name}",
        name="name",
    ),
    unique=Unique(
        plural="ECR repositories",
        lookup=Lookup(
            service="ecr",
            operation="describe_repositories",
            parameter="repositoryNames",
            missing=("RepositoryNotFoundException",),
            listed=True,
        ),
    ),
    quotas=(
        Quota(
            service="ecr",
            code="L-CFEB8E8D",
            name="Registered repositories",
            used=Used(service="ecr", operation="describe_repositories", key="repositories"),
        ),
    ),
    room="images",
)
REPOSITORY_POLICY = Card(
    token="aws:ecr/repositoryPolicy:RepositoryPolicy",
    free=SETTING,
    rights=Rights(actions=("ecr:SetRepositoryPolicy",)),
    points=(Points(path="repository", to="aws:ecr/repository:Repository"),),
    room="images",
)

CARDS: Final = (
    LIFECYCLE_POLICY,
    PULL_THROUGH_CACHE_RULE,
    REGISTRY_POLICY,
    REPOSITORY,
    REPOSITORY_POLICY,
)
