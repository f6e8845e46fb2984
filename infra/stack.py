"""The only wiring: every component, in the order in which one needs another."""

from __future__ import annotations

import pulumi

from infra.components.alerts import Alerts, AlertsArgs
from infra.components.budget import Budget, BudgetArgs
from infra.components.iam_documents import Scope
from infra.components.identity import Identity, IdentityArgs
from infra.components.keys import Keys, KeysArgs
from infra.components.lake import Lake, LakeArgs
from infra.components.network import Network, NetworkArgs
from infra.components.observability import Observability, ObservabilityArgs
from infra.components.registry import Registry, RegistryArgs
from infra.components.vault import Vault, VaultArgs
from infra.outputs import PlatformOutputs
from infra.settings import Settings


def build(settings: Settings) -> PlatformOutputs:
    """Declares the whole platform and returns what it exports."""
    naming = settings.naming
    scope = Scope(
        account_id=settings.account_id, region=settings.region, prefix=naming.prefix, environment=settings.environment
    )
    cluster_name = naming.prefix

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
            ci=settings.identity.ci,
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
            datasets=("digits",),
            protect=settings.protect,
        ),
    )
    registry = Registry(
        naming.name("registry"),
        RegistryArgs(naming=naming, settings=settings.registry, key_arn=keys.models_arn, protect=settings.protect),
    )
    vault = Vault(naming.name("vault"), VaultArgs(naming=naming, settings=settings.secrets, key_arn=keys.secrets_arn))
    alerts = Alerts(
        naming.name("alerts"),
        AlertsArgs(naming=naming, scope=scope, emails=settings.cost.alert_emails, key_arn=keys.logs_arn),
    )
    budget = Budget(
        naming.name("budget"),
        BudgetArgs(
            naming=naming, account_id=settings.account_id, settings=settings.cost, topic_arn=alerts.topic_arn
        ),
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
    return PlatformOutputs(
        environment=settings.environment, region=settings.region, account_id=settings.account_id, zones=settings.zones,
        vpc_id=network.vpc_id, private_subnet_ids=network.private_subnet_ids, isolated_subnet_ids=network.isolated_subnet_ids,
        key_arns=keys.arns, bucket_names=lake.bucket_names, training_repository_url=registry.training_url,
        serving_repository_url=registry.serving_url, cluster_name=pulumi.Output.from_input(cluster_name), cluster_endpoint=pulumi.Output.from_input(""),
        operator_role_arn=identity.operator_role_arn, ci_role_arn=identity.ci_role_arn, secret_arns=vault.arns,
        training_job_names={}, model_artifacts={}, training_metrics={}, endpoint_names={}, training_job_name=None, model_artifact=None,
        test_accuracy=None, endpoint_name=None, alert_topic_arn=alerts.topic_arn, budget_name=budget.budget_name,
        dashboard_name=observability.dashboard_name, ceiling_monthly_usd=settings.cost.ceiling_monthly_usd,
    )
