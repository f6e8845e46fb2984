"""One program with a resource of every type that the local cloud has a row for, outputs of one as inputs of others.

`program(model)` is the first form; `updated` changes one property in place of each type that has any; `replaced` replaces some.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from tests.e2e.every_type_foundations import ACCOUNT, Foundations

# Types of which every change is a replacement; their resources stay as they are in `updated`.
NEVER_UPDATED: Final = frozenset(
    {
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }
)
# How each is replaced in `replaced`: beside the old one under another name, or after the old one is gone.
CREATED_FIRST: Final = frozenset({"model", "config", "group-spare", "logs-spare", "subnet-c", "nodes", "policy", "dashboard"})
DELETED_FIRST: Final = frozenset({"role-fixed", "attachment", "access-block", "images-fixed", "images-rules"})


def program(model: Path, *, updated: bool = False, replaced: bool = False) -> Callable[[], None]:
    """An inline program. `model` is a model.tar.gz that the endpoint serves."""
    return _Program(model, updated, replaced).declare


class _Program(Foundations):
    """The whole of it."""

    def declare(self) -> None:
        self.declare_identity()
        self.declare_network()
        self.declare_security()
        self.declare_buckets()
        self._registry()
        self._cluster()
        self._serving()
        self._messages()
        self._watching()

    def _registry(self) -> None:
        images = aws.ecr.Repository("images", image_tag_mutability=self.new("MUTABLE", "IMMUTABLE"), force_delete=True)
        pulling = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        aws.ecr.RepositoryPolicy("images-policy", repository=images.name, policy=self._allowing(pulling, None))
        fixed = aws.ecr.Repository(
            "images-fixed",
            name="types/fixed",
            encryption_configurations=self.other(None, [{"encryption_type": "KMS"}]),
        )
        rule = {
            "rulePriority": 1,
            "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
            "action": {"type": "expire"},
        }
        aws.ecr.LifecyclePolicy("images-rules", repository=fixed.name, policy=json.dumps({"rules": [rule]}))
        aws.codebuild.Project(
            "builds",
            service_role=self.role.arn,
            build_timeout=self.new(30, 60),
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "compute_type": "BUILD_GENERAL1_SMALL", "image": "aws/codebuild/standard:7"},
            source={"type": "NO_SOURCE", "buildspec": "version: 0.2\n"},
        )

    def _cluster(self) -> None:
        cluster = aws.eks.Cluster(
            "cluster",
            role_arn=self.role.arn,
            vpc_config={
                "subnet_ids": [s.id for s in self.subnets],
                "endpoint_private_access": True,
                "endpoint_public_access": self.new(True, False),
            },
            access_config={"authentication_mode": "API"},
            encryption_config={"provider": {"key_arn": self.key.arn}, "resources": ["secrets"]},
            enabled_cluster_log_types=["api"],
        )
        aws.eks.NodeGroup(
            "nodes",
            cluster_name=cluster.name,
            node_role_arn=self.role.arn,
            subnet_ids=[s.id for s in self.subnets],
            scaling_config={"min_size": 0, "desired_size": 1, "max_size": self.new(2, 3)},
            launch_template={"id": self.template.id, "version": self.template.latest_version.apply(str)},
            labels={"pool": "a"},
            capacity_type=self.other("ON_DEMAND", "SPOT"),
        )
        aws.scheduler.Schedule(
            "evening",
            schedule_expression=self.new("cron(0 20 ? * * *)", "cron(0 21 ? * * *)"),
            schedule_expression_timezone="Europe/Berlin",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig",
                "role_arn": self.role.arn,
                "input": pulumi.Output.json_dumps({"ClusterName": cluster.name, "NodegroupName": "nodes"}),
            },
        )
        entry = aws.eks.AccessEntry(
            "entry",
            cluster_name=cluster.name,
            principal_arn=self.role.arn,
            kubernetes_groups=self.new(["viewers"], ["viewers", "editors"]),
        )
        aws.eks.AccessPolicyAssociation(
            "entry-policy",
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            access_scope={"type": "namespace", "namespaces": ["ml"]},
        )
        aws.eks.Addon(
            "addon",
            cluster_name=cluster.name,
            addon_name="vpc-cni",
            resolve_conflicts_on_update=self.new("PRESERVE", "OVERWRITE"),
        )
        aws.eks.PodIdentityAssociation(
            "pod-identity",
            cluster_name=cluster.name,
            namespace="ml",
            service_account="trainer",
            role_arn=self.role.arn,
            tags=self.tags(),
        )

    def _serving(self) -> None:
        model = aws.sagemaker.Model(
            "model",
            execution_role_arn=self.role.arn,
            primary_container={
                "image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/slipway-types-serving:{self.other('one', 'two')}",
                "model_data_url": pulumi.Output.format("s3://{0}/{1}", self.data.bucket, self.data.key),
            },
            tags=self.tags(),
        )
        config = aws.sagemaker.EndpointConfiguration(
            "config",
            production_variants=[
                {
                    "variant_name": "main",
                    "model_name": model.name,
                    "initial_instance_count": 1,
                    "instance_type": "ml.m5.large",
                }
            ],
            tags=self.tags(),
        )
        endpoint = aws.sagemaker.Endpoint("endpoint", endpoint_config_name=config.name, tags=self.tags())
        target = aws.appautoscaling.Target(
            "target",
            service_namespace="sagemaker",
            resource_id=pulumi.Output.format("endpoint/{0}/variant/main", endpoint.name),
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            min_capacity=1,
            max_capacity=self.new(1, 2),
        )
        aws.appautoscaling.Policy(
            "scaling",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration={
                "target_value": self.new(70, 80),
                "predefined_metric_specification": {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"},
            },
        )
        aws.sagemaker.ModelPackageGroup("packages", model_package_group_name="types-packages", tags=self.tags())

    def _messages(self) -> None:
        self.topic = aws.sns.Topic("topic", display_name=self.new("one", "two"))
        dead = aws.sqs.Queue("queue-dead", visibility_timeout_seconds=self.new(30, 60))
        queue = aws.sqs.Queue(
            "queue",
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": self.new(4, 5)}),
        )
        aws.sns.TopicPolicy(
            "topic-policy", arn=self.topic.arn, policy=self.topic.arn.apply(partial(self._allowing, "sns:Publish"))
        )
        aws.sqs.QueuePolicy(
            "queue-policy", queue_url=queue.url, policy=queue.arn.apply(partial(self._allowing, "sqs:SendMessage"))
        )
        aws.ssm.Parameter("parameter", type="String", value=self.new("one", "two"))
        aws.sns.TopicSubscription(
            "subscription",
            topic=self.topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=self.new(False, True),
        )

    def _allowing(self, actions: str | list[str], arn: str | None) -> str:
        """A resource policy of one statement for the account, on the resource itself where `arn` is None."""
        statement = {
            "Sid": self.new("one", "two"),
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": actions,
        } | ({"Resource": arn} if arn else {})
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def _watching(self) -> None:
        aws.cloudwatch.LogGroup("logs-spare", log_group_class=self.other("STANDARD", "INFREQUENT_ACCESS"))
        aws.cloudwatch.MetricAlarm(
            "alarm",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=2,
            metric_name="ApproximateAgeOfOldestMessage",
            namespace="AWS/SQS",
            period=300,
            statistic="Maximum",
            threshold=self.new(80, 90.5),
            alarm_actions=[self.topic.arn],
        )
        widget = {
            "type": "metric",
            "properties": {
                "metrics": [["AWS/SageMaker", "Invocations"]],
                "period": 60,
                "stat": self.new("Sum", "Average"),
                "region": "us-east-1",
            },
        }
        aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=self.other("types", "types-two"),
            dashboard_body=json.dumps({"widgets": [widget]}),
        )
        parts = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
        monitor = aws.costexplorer.AnomalyMonitor(
            "monitor",
            name=self.new("types", "types-two"),
            monitor_type="CUSTOM",
            monitor_specification=json.dumps({**parts, "Tags": {"Key": "team", "MatchOptions": None, "Values": ["ml"]}}),
        )
        dimension = {"key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "match_options": ["GREATER_THAN_OR_EQUAL"]}
        threshold: Any = {"dimension": {**dimension, "values": self.new(["100"], ["200"])}}
        aws.costexplorer.AnomalySubscription(
            "monitor-told",
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[{"type": "SNS", "address": self.topic.arn}],
            threshold_expression=threshold,
        )
        aws.budgets.Budget(
            "budget",
            budget_type="COST",
            limit_amount=self.new("100", "200"),
            limit_unit="USD",
            time_unit="MONTHLY",
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "threshold": 80,
                    "threshold_type": "PERCENTAGE",
                    "notification_type": "ACTUAL",
                    "subscriber_sns_topic_arns": [self.topic.arn],
                }
            ],
        )
