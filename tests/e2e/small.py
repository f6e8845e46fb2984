"""A stack of about 40 resources, for tests whose subject is the run, not what is declared: `python -m tests.e2e.small up`.

Everything but the program is the command line's own. The resources are the kinds that a broken run can lose or make twice:
ids that AWS makes up, chains of dependants, names that are taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

ZONES: Final = ("us-east-1a", "us-east-1b")
ROLE: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


# Rules that ask for more resources than a small stack has: they advise here.
RULES_THAT_ASK_FOR_MORE: Final = (
    "network-vpc-has-flow-log",
    "s3-bucket-denies-plain-http",
    "s3-bucket-encrypted-with-customer-key",
    "s3-bucket-public-access-blocked",
)


def settings(config: dict[str, Any]) -> None:
    """Lets the stack file take the small stack."""
    config["slipway:policies"] = {"severity": dict.fromkeys(RULES_THAT_ASK_FOR_MORE, "advisory")}


def program() -> None:
    """40 resources: a network, keys, buckets, queues, roles, log groups."""
    import pulumi
    import pulumi_aws as aws

    tags = {
        "Project": "slipway",
        "Environment": "local",
        "Owner": "tests",
        "CostCenter": "tests",
        "ManagedBy": "pulumi",
        "DataClass": "internal",
    }

    def tagged(name: str) -> dict[str, str]:
        return {**tags, "Name": name}

    key = aws.kms.Key("small", description="small", enable_key_rotation=True, deletion_window_in_days=14, tags=tagged("small"))
    aws.kms.Alias("small", name="alias/small", target_key_id=key.key_id)
    vpc = aws.ec2.Vpc("small", cidr_block="10.80.0.0/16", tags=tagged("small"))
    internet = aws.ec2.InternetGateway("small", vpc_id=vpc.id, tags=tagged("small"))
    table = aws.ec2.RouteTable("small", vpc_id=vpc.id, tags=tagged("small"))
    aws.ec2.Route("small", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=internet.id)
    subnets = []
    for number in range(4):
        name = f"small-{number}"
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=vpc.id,
            cidr_block=f"10.80.{number}.0/24",
            availability_zone=ZONES[number % 2],
            tags=tagged(name),
        )
        aws.ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=table.id)
        subnets.append(subnet)
    address = aws.ec2.Eip("small", domain="vpc", tags=tagged("small"), opts=pulumi.ResourceOptions(depends_on=[internet]))
    aws.ec2.NatGateway("small", allocation_id=address.id, subnet_id=subnets[0].id, tags=tagged("small"))
    for number in range(4):
        name = f"small-{number}"
        aws.ec2.SecurityGroup(name, name=name, description=name, vpc_id=vpc.id, tags=tagged(name))
        aws.iam.Role(name, name=name, assume_role_policy=json.dumps(ROLE), tags=tagged(name))
        aws.cloudwatch.LogGroup(name, name=f"/small/{number}", retention_in_days=30, kms_key_id=key.arn, tags=tagged(name))
        aws.sqs.Queue(name, name=name, kms_master_key_id=key.arn, tags=tagged(name))
        bucket = aws.s3.Bucket(name, bucket=name, force_destroy=True, tags=tagged(name))
        aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": "Enabled"})
    pulumi.export("vpcId", vpc.id)


@contextmanager
def declared() -> Iterator[None]:
    """Within it the command line of this process brings the small stack up."""
    import infra.program

    with mock.patch.object(infra.program, "program", program):
        yield


if __name__ == "__main__":
    from tools.cli.app import main

    with declared():
        main()
