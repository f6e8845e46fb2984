"""What the program with every type stands on: identity, network, security groups and buckets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

ACCOUNT: Final = "123456789012"


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str | list[str], resource: Any = "*", **more: Any) -> pulumi.Output[str]:
    statement = {"Sid": "A", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Foundations:
    """`updated` changes one property in place of each type that has any, `replaced` replaces some."""

    model: Path
    updated: bool
    replaced: bool

    def new(self, first: Any, second: Any) -> Any:
        """A property that `updated` changes."""
        return second if self.updated else first

    def other(self, first: Any, second: Any) -> Any:
        """A property that `replaced` changes."""
        return second if self.replaced else first

    def tags(self, **more: str) -> dict[str, str]:
        """Tags of a type that has nothing better to update."""
        return {"team": "ml", **more, **({"round": "two"} if self.updated else {})}

    def declare_identity(self) -> None:
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

    def declare_network(self) -> None:
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

    def declare_security(self) -> None:
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

    def declare_buckets(self) -> None:
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
