"""One program with a resource of every type that the local cloud has a row for, outputs of one as inputs of others.

`program(model)` is the first form; `updated` changes one property in place of each type that has any; `replaced` replaces some.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

ACCOUNT: Final = "123456789012"
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


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str | list[str], resource: Any = "*", **more: Any) -> pulumi.Output[str]:
    statement = {"Sid": "A", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})


def program(model: Path, *, updated: bool = False, replaced: bool = False) -> Callable[[], None]:
    """An inline program. `model` is a model.tar.gz that the endpoint serves."""
    return _Program(model, updated, replaced).declare


@dataclass
class _Program:
    model: Path
    updated: bool
    replaced: bool

    def declare(self) -> None:
        self._identity()
        self._network()
        self._security()
        self._buckets()
        self._registry()
        self._cluster()
        self._serving()
        self._messages()
        self._watching()

    def new(self, first: Any, second: Any) -> Any:
        """A property that `updated` changes."""
        return second if self.updated else first

    def other(self, first: Any, second: Any) -> Any:
        """A property that `replaced` changes."""
        return second if self.replaced else first

    def tags(self, **more: str) -> dict[str, str]:
        """Tags of a type that has nothing better to update."""
        return {"team": "ml", **more, **({"round": "two"} if self.updated else {})}

    def _identity(self) -> None:
        self.role = aws.iam.Role("role", assume_role_policy=trust("ec2.amazonaws.com"), max_session_duration=self.new(3600, 7200))
        self.role_fixed = aws.iam.Role(
            "role-fixed", name="types-fixed", assume_role_policy=trust("eks.amazonaws.com"), path=self.other("/", "/moved/")
        )
        self.policy = aws.iam.Policy(
            "policy", policy=allow(self.new("s3:GetObject", "s3:PutObject")), description=self.other("one", "two")
        )
        # Is replaced with the role of a fixed name, which must be gone before it can be made again.
        aws.iam.RolePolicyAttachment(
            "attachment", role=self.role_fixed.name, policy_arn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
        )
        aws.iam.RolePolicy("inline", role=self.role.name, policy=allow(self.new("s3:ListBucket", "s3:GetObject")))
        aws.iam.InstanceProfile("profile", role=self.role.name, tags=self.tags())
        aws.iam.OpenIdConnectProvider(
            "identity",
            url="https://token.actions.githubusercontent.com",
            client_id_lists=self.new(["sts.amazonaws.com"], ["sts.amazonaws.com", "other"]),
        )
        self.key = aws.kms.Key("key", description=self.new("one", "two"), enable_key_rotation=True)
        self.key_other = aws.kms.Key("key-other", deletion_window_in_days=self.new(7, 8))
        key = self.key_other if self.updated else self.key
        aws.kms.Alias("alias", name="alias/types", target_key_id=key.key_id)
        secret = aws.secretsmanager.Secret("secret", description=self.new("one", "two"), recovery_window_in_days=0)
        aws.secretsmanager.SecretVersion(
            "secret-version",
            secret_id=secret.id,
            secret_string=pulumi.Output.secret("s3cr3t-of-types"),
            version_stages=self.new(["AWSCURRENT"], ["AWSCURRENT", "checked"]),
        )

    def _network(self) -> None:
        self.vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block="10.60.0.0/16",
            assign_generated_ipv6_cidr_block=True,
            enable_dns_hostnames=self.new(False, True),
        )
        gateway = aws.ec2.InternetGateway("gateway", vpc_id=self.vpc.id, tags=self.tags())
        egress = aws.ec2.EgressOnlyInternetGateway("egress", vpc_id=self.vpc.id, tags=self.tags())
        zones = aws.get_availability_zones_output(state="available")
        self.subnets = [
            aws.ec2.Subnet(
                f"subnet-{name}",
                vpc_id=self.vpc.id,
                cidr_block=f"10.60.{number}.0/24",
                availability_zone=zones.names[number],
                map_public_ip_on_launch=self.new(False, name == "a"),
            )
            for number, name in enumerate("ab")
        ]
        aws.ec2.Subnet("subnet-c", vpc_id=self.vpc.id, cidr_block=self.other("10.60.8.0/24", "10.60.9.0/24"))
        address = aws.ec2.Eip("address", domain="vpc", tags=self.tags())
        nat = aws.ec2.NatGateway(
            "nat",
            allocation_id=address.id,
            subnet_id=self.subnets[0].id,
            tags=self.tags(),
            opts=pulumi.ResourceOptions(depends_on=[gateway]),
        )
        tables = [aws.ec2.RouteTable(f"table-{n}", vpc_id=self.vpc.id, tags=self.tags() if n == "a" else None) for n in "ab"]
        way: dict[str, Any] = {"nat_gateway_id": nat.id} if self.updated else {"gateway_id": gateway.id}
        aws.ec2.Route("route", route_table_id=tables[0].id, destination_cidr_block="0.0.0.0/0", **way)
        aws.ec2.Route("route6", route_table_id=tables[1].id, destination_ipv6_cidr_block="::/0", egress_only_gateway_id=egress.id)
        aws.ec2.RouteTableAssociation("table-of-b", route_table_id=self.new(*tables).id, subnet_id=self.subnets[1].id)
        region = aws.get_region_output().region
        aws.ec2.VpcEndpoint(
            "endpoint-s3",
            vpc_id=self.vpc.id,
            service_name=pulumi.Output.format("com.amazonaws.{0}.s3", region),
            route_table_ids=[t.id for t in tables[: self.new(1, 2)]],
        )
        group = aws.cloudwatch.LogGroup("flow-logs", retention_in_days=self.new(7, 14))
        aws.ec2.FlowLog(
            "flow",
            traffic_type="ALL",
            vpc_id=self.vpc.id,
            iam_role_arn=self.role.arn,
            log_destination=group.arn,
            tags=self.tags(),
        )

    def _security(self) -> None:
        self.group = aws.ec2.SecurityGroup("group", vpc_id=self.vpc.id, description="types", tags=self.tags())
        aws.ec2.SecurityGroup(
            "group-spare",
            vpc_id=self.vpc.id,
            description=self.other("one", "two"),
            ingress=[{"protocol": "tcp", "from_port": self.new(443, 80), "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}],
        )
        self.ingress = aws.vpc.SecurityGroupIngressRule(
            "ingress",
            security_group_id=self.group.id,
            referenced_security_group_id=self.group.id,
            ip_protocol="tcp",
            from_port=self.new(443, 80),
            to_port=443,
        )
        aws.vpc.SecurityGroupEgressRule(
            "all-out", security_group_id=self.group.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1", description=self.new("a", "b")
        )
        self.template = aws.ec2.LaunchTemplate(
            "template",
            instance_type=self.new("m5.large", "m5.xlarge"),
            vpc_security_group_ids=[self.group.id],
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"volume_size": 50, "encrypted": "true"}}],
            metadata_options={"http_tokens": "required"},
            update_default_version=True,
        )
        aws.ec2.PlacementGroup("together", strategy="cluster", tags=self.tags())

    def _buckets(self) -> None:
        self.bucket = aws.s3.Bucket("bucket", force_destroy=True, tags=self.tags())
        self.logs = aws.s3.Bucket("bucket-logs", force_destroy=True)
        one = aws.s3.Bucket("bucket-one")
        two = aws.s3.Bucket("bucket-two")
        aws.s3.BucketPublicAccessBlock(
            "access-block",
            bucket=self.other(one, two).id,
            block_public_acls=True,
            block_public_policy=self.new(False, True),
        )
        aws.s3.BucketOwnershipControls(
            "ownership", bucket=self.bucket.id, rule={"object_ownership": self.new("BucketOwnerEnforced", "BucketOwnerPreferred")}
        )
        versions = aws.s3.BucketVersioning(
            "versions", bucket=self.bucket.id, versioning_configuration={"status": self.new("Enabled", "Suspended")}
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "encryption",
            bucket=self.bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": self.key.arn,
                    },
                    "bucket_key_enabled": self.new(False, True),
                }
            ],
        )
        aws.s3.BucketLifecycleConfiguration(
            "lifecycle",
            bucket=self.bucket.id,
            rules=[
                {"id": "old", "status": "Enabled", "filter": {"prefix": "old/"}, "expiration": {"days": self.new(30, 60)}},
                {
                    "id": "versions",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_expiration": {"noncurrent_days": 9},
                },
            ],
            opts=pulumi.ResourceOptions(depends_on=[versions]),
        )
        delivery = aws.s3.BucketPolicy(
            "bucket-policy",
            bucket=self.logs.id,
            policy=allow(
                self.new(["s3:PutObject"], ["s3:PutObject", "s3:PutObjectTagging"]),
                pulumi.Output.format("{0}/*", self.logs.arn),
                Principal={"Service": "logging.s3.amazonaws.com"},
            ),
        )
        aws.s3.BucketLogging(
            "access-logs",
            bucket=self.bucket.id,
            target_bucket=self.logs.id,
            target_prefix=self.new("log/", "logs/"),
            opts=pulumi.ResourceOptions(depends_on=[delivery]),
        )
        aws.s3.BucketObjectv2(
            "object", bucket=self.bucket.id, key="a.json", content=self.new('{"a": 1}', '{"a": 2}'), content_type="text/json"
        )
        self.data = aws.s3.BucketObjectv2(
            "object-asset", bucket=self.bucket.id, key="model.tar.gz", source=pulumi.FileAsset(str(self.model))
        )

    def _registry(self) -> None:
        aws.ecr.Repository("images", image_tag_mutability=self.new("MUTABLE", "IMMUTABLE"), force_delete=True)
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
                "image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/types-serving:{self.other('one', 'two')}",
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
        aws.sns.TopicSubscription(
            "subscription",
            topic=self.topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=self.new(False, True),
        )

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
        aws.costexplorer.AnomalySubscription(
            "monitor-told",
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[{"type": "SNS", "address": self.topic.arn}],
            threshold_expression={"dimension": {**dimension, "values": self.new(["100"], ["200"])}},
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
