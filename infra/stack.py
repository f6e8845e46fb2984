"""The only wiring: every component, in the order in which one needs another."""

from __future__ import annotations

from typing import Final

import pulumi

from infra.base.iam import CAPTURE_PREFIX, Scope
from infra.cluster.component import Cluster, ClusterArgs
from infra.cluster.gpu_pool import node_group_prefix
from infra.identity.component import Identity, IdentityArgs
from infra.keys.component import Keys, KeysArgs
from infra.lake.component import Lake, LakeArgs
from infra.lake.datasets import dataset_names
from infra.money.component import Budget, BudgetArgs
from infra.network.component import Network, NetworkArgs
from infra.outputs import PlatformOutputs
from infra.registry.component import Registry, RegistryArgs
from infra.registry.image_builds import ImageBuilds, ImageBuildsArgs
from infra.registry.source_digest import image_tag
from infra.serving.component import Serving, ServingArgs
from infra.stack_file import Settings
from infra.training.component import Training, TrainingArgs
from infra.vault.component import Vault, VaultArgs
from infra.watch.alerts import Alerts, AlertsArgs
from infra.watch.component import Observability, ObservabilityArgs

# (namespace, service account) of training pods: whoever runs as it acts as the pod-training role.
TRAINING_PODS: Final = ("training", "training")


def build(settings: Settings) -> PlatformOutputs:
    """Declares the whole platform and returns what it exports."""
    naming = settings.naming
    scope = Scope(account_id=settings.account_id, region=settings.region, prefix=naming.prefix, environment=settings.environment)
    # The cluster's name is known before the cluster is: pods' roles trust it.
    cluster_name = naming.name()

    keys = Keys(
        naming.name("keys"),
        KeysArgs(
            naming=naming,
            scope=scope,
            deletion_window_days=settings.keys.deletion_window_days,
            rotation_days=settings.keys.rotation_days,
            protect=settings.protect,
        ),
    )
    identity = Identity(
        naming.name("identity"),
        IdentityArgs(
            naming=naming,
            scope=scope,
            cluster_name=cluster_name,
            max_session_hours=settings.identity.max_session_hours,
            operator_principal_arns=settings.identity.operator_principal_arns,
            ci=settings.identity.ci,
            image_build=settings.registry.build,
            resized_node_groups=tuple(node_group_prefix(naming, pool.name) for pool in settings.emptied_pools),
        ),
    )
    network = Network(
        naming.name("network"),
        NetworkArgs(
            naming=naming,
            scope=scope,
            cidr=settings.network.cidr,
            zones=settings.zones,
            nat=settings.network.nat,
            interface_endpoints=settings.network.interface_endpoints,
            flow_log_retention_days=settings.network.flow_log_retention_days,
            flow_log_role_arn=identity.flow_log_role_arn,
            logs_key_arn=keys.logs_arn,
        ),
    )
    lake = Lake(
        naming.name("lake"),
        LakeArgs(
            naming=naming,
            scope=scope,
            settings=settings.lake,
            key_arns=keys.arns,
            datasets=tuple(sorted({job.data for job in settings.training.jobs.values()} & set(dataset_names()))),
            protect=settings.protect,
        ),
    )
    registry = Registry(
        naming.name("registry"),
        RegistryArgs(naming=naming, settings=settings.registry, key_arn=keys.models_arn, protect=settings.protect),
    )
    image_builds = None
    if settings.registry.build is not None and identity.image_build_role_arn is not None:
        image_builds = ImageBuilds(
            naming.name("image-builds"),
            ImageBuildsArgs(
                naming=naming,
                scope=scope,
                settings=settings.registry.build,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids,
                role_arn=identity.image_build_role_arn,
                repository_urls={"training": registry.training_url, "serving": registry.serving_url},
                models_key_arn=keys.models_arn,
                logs_key_arn=keys.logs_arn,
                log_retention_days=settings.logs.retention_days,
            ),
        )
    vault = Vault(naming.name("vault"), VaultArgs(naming=naming, settings=settings.secrets, key_arn=keys.secrets_arn))
    alerts = Alerts(
        naming.name("alerts"),
        AlertsArgs(naming=naming, scope=scope, emails=settings.cost.alert_emails, key_arn=keys.logs_arn),
    )
    cluster = Cluster(
        naming.name("cluster"),
        ClusterArgs(
            naming=naming,
            settings=settings.cluster,
            vpc_id=network.vpc_id,
            vpc_cidr=network.vpc_cidr,
            private_subnets=dict(zip(settings.zones, network.private_subnet_ids, strict=True)),
            cluster_role_arn=identity.cluster_role_arn,
            node_role_arn=identity.node_role_arn,
            cni_role_arn=identity.cni_role_arn,
            ebs_csi_role_arn=identity.ebs_csi_role_arn,
            cluster_key_arn=keys.cluster_arn,
            logs_key_arn=keys.logs_arn,
            log_retention_days=settings.logs.retention_days,
            admin_role_arns={"operator": identity.operator_role_arn},
            viewer_role_arns={"ci": identity.ci_role_arn} if identity.ci_role_arn is not None else {},
            pod_role_arns={TRAINING_PODS: identity.pod_training_role_arn},
            protect=settings.protect,
            working_hours=settings.cost.working_hours,
            resize_role_arn=identity.resize_role_arn,
        ),
    )
    tag = image_tag()
    training_image = pulumi.Output.concat(registry.training_url, ":", tag)
    serving_image = pulumi.Output.concat(registry.serving_url, ":", tag)
    training = Training(
        naming.name("training"),
        TrainingArgs(
            naming=naming,
            settings=settings.training,
            region=settings.region,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            role_arn=identity.training_role_arn,
            image_uri=training_image,
            datasets={name: {"train": data.train_uri, "test": data.test_uri} for name, data in lake.datasets.items()},
            curated_bucket=lake.bucket_names["curated"],
            models_bucket=lake.bucket_names["models"],
            checkpoints_bucket=lake.bucket_names["checkpoints"],
            models_key_arn=keys.models_arn,
            logs_key_arn=keys.logs_arn,
            log_retention_days=settings.logs.retention_days,
        ),
    )
    serving = Serving(
        naming.name("serving"),
        ServingArgs(
            naming=naming,
            settings=settings.serving,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            role_arn=identity.serving_role_arn,
            image_uri=serving_image,
            artifacts=training.model_artifacts,
            capture_bucket=lake.bucket_names["raw"],
            capture_prefix=CAPTURE_PREFIX,
            capture_key_arn=keys.data_arn,
            models_key_arn=keys.models_arn,
            logs_key_arn=keys.logs_arn,
            log_retention_days=settings.logs.retention_days,
            alarm_topic_arns=[alerts.topic_arn],
        ),
    )
    budget = Budget(
        naming.name("budget"),
        BudgetArgs(naming=naming, account_id=settings.account_id, settings=settings.cost, topic_arn=alerts.topic_arn),
    )
    observability = Observability(
        naming.name("observability"),
        ObservabilityArgs(
            naming=naming,
            region=settings.region,
            topic_arn=alerts.topic_arn,
            undelivered_queue_name=alerts.undelivered_queue_name,
            nat_gateway_ids=network.nat_gateway_ids,
            zones=settings.zones,
            endpoints=tuple(naming.name(endpoint) for endpoint in settings.serving.endpoints),
            cluster_name=cluster_name,
        ),
    )
    return _outputs(
        settings, keys=keys, identity=identity, network=network, lake=lake, registry=registry, vault=vault, cluster=cluster,
        training=training, serving=serving, alerts=alerts, budget=budget, observability=observability,
        training_image=training_image, serving_image=serving_image, image_builds=image_builds,
    )  # fmt: skip


def _outputs(
    settings: Settings, *, keys: Keys, identity: Identity, network: Network, lake: Lake, registry: Registry, vault: Vault,
    cluster: Cluster, training: Training, serving: Serving, alerts: Alerts, budget: Budget, observability: Observability,
    training_image: pulumi.Output[str], serving_image: pulumi.Output[str], image_builds: ImageBuilds | None,
) -> PlatformOutputs:  # fmt: skip
    job = next(iter(training.job_names), None)
    endpoint = next(iter(serving.endpoint_names), None)
    return PlatformOutputs(
        environment=settings.environment,
        region=settings.region,
        account_id=settings.account_id,
        zones=settings.zones,
        vpc_id=network.vpc_id,
        private_subnet_ids=network.private_subnet_ids,
        isolated_subnet_ids=network.isolated_subnet_ids,
        key_arns=keys.arns,
        bucket_names=lake.bucket_names,
        training_repository_url=registry.training_url,
        serving_repository_url=registry.serving_url,
        image_build_project=image_builds.project_name if image_builds is not None else None,
        cluster_name=cluster.cluster_name,
        cluster_endpoint=cluster.endpoint,
        operator_role_arn=identity.operator_role_arn,
        ci_role_arn=identity.ci_role_arn,
        secret_arns=vault.arns,
        training_job_names=training.job_names,
        model_artifacts=training.model_artifacts,
        training_metrics=training.metrics,
        training_jobs=training.definitions,
        model_group_names=training.model_group_names,
        training_image_uri=training_image,
        serving_image_uri=serving_image,
        endpoint_names=serving.endpoint_names,
        training_job_name=training.job_names[job] if job else None,
        model_artifact=training.model_artifacts.get(job) if job else None,
        test_accuracy=training.metrics[job].apply(_test_accuracy) if job else None,
        endpoint_name=serving.endpoint_names[endpoint] if endpoint else None,
        alert_topic_arn=alerts.topic_arn,
        budget_name=budget.budget_name,
        dashboard_name=observability.dashboard_name,
        ceiling_monthly_usd=settings.cost.ceiling_monthly_usd,
    )


def _test_accuracy(metrics: dict[str, float] | None) -> float | None:
    """Not every workload measures it."""
    return (metrics or {}).get("test_accuracy")
