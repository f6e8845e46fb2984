"""What a stack exports: every output by its name. Tools and workloads read nothing else of a stack."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.stack import Platform


def export(platform: Platform) -> None:
    """Exports every output that the stack has."""
    for name, value in exports(platform).items():
        if value is not None:
            pulumi.export(name, value)


def exports(platform: Platform) -> dict[str, Any]:
    """The exports by name; None for what this stack does not have. Maps are by the name in the stack file."""
    settings, network, registry = platform.settings, platform.network, platform.registry
    training, serving = platform.training, platform.serving
    job = next(iter(training.job_names), None)
    endpoint = next(iter(serving.endpoint_names), None)
    return {
        "environment": settings.environment,
        "region": settings.region,
        "accountId": settings.account_id,
        "zones": settings.zones,
        "vpcId": network.vpc_id,
        "privateSubnetIds": network.private_subnet_ids,
        "isolatedSubnetIds": network.isolated_subnet_ids,
        "keyArns": platform.keys.arns,
        "bucketNames": platform.lake.bucket_names,
        "trainingRepositoryUrl": registry.training_url,
        "servingRepositoryUrl": registry.serving_url,
        "imageBuildProject": platform.image_builds.project_name if platform.image_builds is not None else None,
        "clusterName": platform.cluster.cluster_name,
        "clusterEndpoint": platform.cluster.endpoint,
        "operatorRoleArn": platform.identity.role_arns["operator"],
        "ciRoleArn": platform.identity.role_arns.get("ci"),
        "secretArns": platform.vault.arns,
        "trainingJobNames": training.job_names,
        "modelArtifacts": training.model_artifacts,
        "trainingMetrics": training.metrics,
        # `slipway train`, `models` and `tune` read the definitions of the jobs here.
        "trainingJobs": training.definitions,
        "modelGroupNames": training.model_group_names,
        "trainingImageUri": registry.images["training"],
        "servingImageUri": registry.images["serving"],
        "endpointNames": serving.endpoint_names,
        # The first job and endpoint again, for stacks that have one of each: most do.
        "trainingJobName": training.job_names[job] if job else None,
        "modelArtifact": training.model_artifacts.get(job) if job else None,
        "testAccuracy": training.metrics[job].apply(_test_accuracy) if job else None,
        "endpointName": serving.endpoint_names[endpoint] if endpoint else None,
        "alertTopicArn": platform.alerts.topic_arn,
        "budgetName": platform.budget.budget_name,
        "dashboardName": platform.observability.dashboard_name,
        "ceilingMonthlyUsd": settings.cost.ceiling_monthly_usd,
    }


def _test_accuracy(metrics: dict[str, float] | None) -> float | None:
    """The accuracy on held-out data, where the workload measures it."""
    return (metrics or {}).get("test_accuracy")
