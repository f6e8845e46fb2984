"""The whole platform of one stack: makes every component, each after the components that it needs, and connects them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from infra.base.ground import Ground
from infra.base.role import Role
from infra.cluster import rights as cluster_rights
from infra.cluster.component import Cluster, ClusterArgs
from infra.cluster.decide import node_group_prefix
from infra.identity import rights as identity_rights
from infra.identity.component import Identity, IdentityArgs
from infra.keys.component import Keys, KeysArgs
from infra.lake.component import Lake, LakeArgs
from infra.lake.datasets import dataset_names
from infra.money import rights as money_rights
from infra.money.component import Budget, BudgetArgs
from infra.network import rights as network_rights
from infra.network.component import Network, NetworkArgs
from infra.registry import rights as registry_rights
from infra.registry.component import Registry, RegistryArgs
from infra.registry.image_builds import ImageBuilds, ImageBuildsArgs
from infra.serving import rights as serving_rights
from infra.serving.component import Serving, ServingArgs
from infra.stack_file import Settings
from infra.training import rights as training_rights
from infra.training.component import Training, TrainingArgs
from infra.vault.component import Vault, VaultArgs
from infra.watch.alerts import Alerts, AlertsArgs
from infra.watch.component import Observability, ObservabilityArgs

# (namespace, service account) of training pods: a pod that runs as this account has the pod-training role.
TRAINING_PODS: Final = ("training", "training")


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """The components of one stack."""

    settings: Settings
    keys: Keys
    identity: Identity
    alerts: Alerts
    network: Network
    lake: Lake
    registry: Registry
    image_builds: ImageBuilds | None
    vault: Vault
    cluster: Cluster
    training: Training
    serving: Serving
    budget: Budget
    observability: Observability


def build(settings: Settings) -> Platform:
    """Declares the whole platform."""
    naming, scope = settings.naming, settings.scope
    name = naming.name
    keys = Keys(name("keys"), KeysArgs(naming=naming, scope=scope, settings=settings.keys, protect=settings.protect))
    identity = Identity(
        name("identity"), IdentityArgs(naming=naming, scope=scope, settings=settings.identity, roles=roles(settings))
    )
    alerts = Alerts(
        name("alerts"), AlertsArgs(naming=naming, scope=scope, emails=settings.cost.alert_emails, key_arn=keys.arns["logs"])
    )
    ground = Ground(
        naming=naming,
        scope=scope,
        zones=settings.zones,
        protect=settings.protect,
        log_days=settings.logs.retention_days,
        keys=keys.arns,
        roles=identity.role_arns,
        alarm_topic_arn=alerts.topic_arn,
    )
    network = Network(name("network"), NetworkArgs(ground=ground, settings=settings.network))
    vpc = network.vpc
    datasets = tuple(sorted({job.data for job in settings.training.jobs.values()} & set(dataset_names())))
    lake = Lake(name("lake"), LakeArgs(ground=ground, settings=settings.lake, datasets=datasets))
    buckets = lake.bucket_names
    registry = Registry(name("registry"), RegistryArgs(ground=ground, settings=settings.registry))
    image_builds = None
    if settings.registry.build is not None:
        image_builds = ImageBuilds(
            name("image-builds"),
            ImageBuildsArgs(ground=ground, settings=settings.registry.build, vpc=vpc, repository_urls=registry.urls),
        )
    vault = Vault(name("vault"), VaultArgs(ground=ground, settings=settings.secrets))
    cluster = Cluster(
        name("cluster"),
        ClusterArgs(
            ground=ground,
            settings=settings.cluster,
            vpc=vpc,
            admins=("operator",),
            viewers=("ci",) if settings.identity.ci is not None else (),
            pods={TRAINING_PODS: "pod-training"},
            working_hours=settings.cost.working_hours,
        ),
    )
    training = Training(
        name("training"),
        TrainingArgs(
            ground=ground,
            settings=settings.training,
            vpc=vpc,
            buckets=buckets,
            datasets={dataset: data.uris for dataset, data in lake.datasets.items()},
            image_uri=registry.images["training"],
        ),
    )
    serving = Serving(
        name("serving"),
        ServingArgs(
            ground=ground,
            settings=settings.serving,
            vpc=vpc,
            buckets=buckets,
            image_uri=registry.images["serving"],
            artifacts=training.model_artifacts,
        ),
    )
    budget = Budget(name("budget"), BudgetArgs(ground=ground, settings=settings.cost))
    observability = Observability(
        name("observability"),
        ObservabilityArgs(
            ground=ground,
            undelivered_queue_name=alerts.undelivered_queue_name,
            nat_gateway_ids=network.nat_gateway_ids,
            endpoints=tuple(name(endpoint) for endpoint in settings.serving.endpoints),
        ),
    )
    return Platform(
        settings=settings, keys=keys, identity=identity, alerts=alerts, network=network, lake=lake, registry=registry,
        image_builds=image_builds, vault=vault, cluster=cluster, training=training, serving=serving, budget=budget,
        observability=observability,
    )  # fmt: skip


def roles(settings: Settings) -> tuple[Role, ...]:
    """Every role that a capability asks for. Pods' roles trust the cluster by its name, which is known before it is made."""
    scope, cluster_name, build = settings.scope, settings.naming.name(), settings.registry.build
    emptied = [node_group_prefix(settings.naming, pool.name) for pool in settings.emptied_pools]
    return (
        *training_rights.roles(scope, cluster_name),
        *serving_rights.roles(scope),
        *identity_rights.roles(scope, settings.identity, *([registry_rights.start_builds(scope)] if build else [])),
        *network_rights.roles(scope),
        *cluster_rights.roles(scope, cluster_name),
        *registry_rights.roles(scope, build),
        *money_rights.roles(scope, emptied),
    )
