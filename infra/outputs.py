"""What a stack tells the world: every exported output by name and type. Tools and workloads read nothing else of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformOutputs:
    """The exports, in camelCase under the same names (`vpc_id` is `vpcId`). Maps are by the name in the stack file."""

    environment: str
    region: str
    account_id: str
    zones: Sequence[str]
    vpc_id: pulumi.Output[str]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    isolated_subnet_ids: Sequence[pulumi.Output[str]]
    key_arns: Mapping[str, pulumi.Output[str]]
    bucket_names: Mapping[str, pulumi.Output[str]]
    training_repository_url: pulumi.Output[str]
    serving_repository_url: pulumi.Output[str]
    image_build_project: pulumi.Output[str] | None
    cluster_name: pulumi.Output[str]
    cluster_endpoint: pulumi.Output[str]
    operator_role_arn: pulumi.Output[str]
    ci_role_arn: pulumi.Output[str] | None
    secret_arns: Mapping[str, pulumi.Output[str]]
    training_job_names: Mapping[str, pulumi.Output[str]]
    model_artifacts: Mapping[str, pulumi.Output[str]]
    training_metrics: Mapping[str, pulumi.Output[dict[str, float]]]
    # What `slipway train`, `models` and `tune` know of each job: `Training._definition` says what is in it.
    training_jobs: Mapping[str, pulumi.Output[dict[str, Any]]]
    model_group_names: Mapping[str, pulumi.Output[str]]
    training_image_uri: pulumi.Output[str]
    serving_image_uri: pulumi.Output[str]
    endpoint_names: Mapping[str, pulumi.Output[str]]
    # The first job and endpoint again, for those who have one of each: most do.
    training_job_name: pulumi.Output[str] | None
    model_artifact: pulumi.Output[str] | None
    test_accuracy: pulumi.Output[float | None] | None
    endpoint_name: pulumi.Output[str] | None
    alert_topic_arn: pulumi.Output[str]
    budget_name: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]
    ceiling_monthly_usd: float

    def export(self) -> None:
        """Exports every output that the stack has."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                pulumi.export(to_camel(field.name), value)
