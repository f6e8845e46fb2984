"""What the cloud has, asked through plain boto3, beside what a stack's state says: nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.e2e.slipway import Slipway

Lister = Callable[[Any], list[str]]


def _pages(operation: str, key: str, name: str | Callable[[Any], str | None], **arguments: Any) -> Lister:
    """Lists one operation's items by one of their fields."""

    def ids(client: Any) -> list[str]:
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**arguments)
        else:
            pages = [getattr(client, operation)(**arguments)]
        found = [
            item if name == "" else item[name] if isinstance(name, str) else name(item) for page in pages for item in page[key]
        ]
        return [item for item in found if item]

    return ids


def _unless(condition: str, name: str) -> Callable[[Any], str | None]:
    return lambda item: None if item.get(condition) else str(item[name])


def _living_keys(kms: Any) -> list[str]:
    """Keys of ours: AWS keeps a deleted one for its waiting period."""
    keys = _pages("list_keys", "Keys", "KeyId")(kms)
    described = [kms.describe_key(KeyId=key)["KeyMetadata"] for key in keys]
    return [key["KeyId"] for key in described if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"]


def _own_security_groups(ec2: Any) -> list[str]:
    return [
        g["GroupId"]
        for page in ec2.get_paginator("describe_security_groups").paginate()
        for g in page["SecurityGroups"]
        if g["GroupName"] != "default"
    ]


def _nat(ec2: Any) -> list[str]:
    return [g["NatGatewayId"] for g in ec2.describe_nat_gateways()["NatGateways"] if g["State"] != "deleted"]


def _vpcs(ec2: Any) -> list[str]:
    return _pages("describe_vpcs", "Vpcs", _unless("IsDefault", "VpcId"))(ec2)


def _subnets(ec2: Any) -> list[str]:
    return _pages("describe_subnets", "Subnets", _unless("DefaultForAz", "SubnetId"))(ec2)


def _vpc_endpoints(ec2: Any) -> list[str]:
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate()
    return [e["VpcEndpointId"] for page in pages for e in page["VpcEndpoints"] if e["State"] != "deleted"]


def _own_log_groups(logs: Any) -> list[str]:
    names = _pages("describe_log_groups", "logGroups", "logGroupName")(logs)
    return [name for name in names if name != LOG_GROUP_OF_AWS]


def _policies(iam: Any) -> list[str]:
    return _pages("list_policies", "Policies", "Arn", Scope="Local")(iam)


def _customer_aliases(kms: Any) -> list[str]:
    return _pages("list_aliases", "Aliases", lambda a: None if a["AliasName"].startswith("alias/aws/") else a["AliasName"])(kms)


# Resource type -> (service, what lists its ids as the state has them).
LISTED: Final[Mapping[str, tuple[str, Lister]]] = {
    "aws:ec2/vpc:Vpc": ("ec2", _vpcs),
    "aws:ec2/subnet:Subnet": ("ec2", _subnets),
    "aws:ec2/natGateway:NatGateway": ("ec2", _nat),
    "aws:ec2/eip:Eip": ("ec2", _pages("describe_addresses", "Addresses", "AllocationId")),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2", _own_security_groups),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2", _vpc_endpoints),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2", _pages("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId")),
    "aws:iam/role:Role": ("iam", _pages("list_roles", "Roles", "RoleName")),
    "aws:iam/policy:Policy": ("iam", _policies),
    "aws:kms/key:Key": ("kms", _living_keys),
    "aws:kms/alias:Alias": ("kms", _customer_aliases),
    "aws:s3/bucket:Bucket": ("s3", _pages("list_buckets", "Buckets", "Name")),
    "aws:ecr/repository:Repository": ("ecr", _pages("describe_repositories", "repositories", "repositoryName")),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", _own_log_groups),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", _pages("describe_alarms", "MetricAlarms", "AlarmName")),
    "aws:sns/topic:Topic": ("sns", _pages("list_topics", "Topics", "TopicArn")),
    "aws:sqs/queue:Queue": ("sqs", lambda sqs: list(sqs.list_queues().get("QueueUrls", ()))),
    "aws:eks/cluster:Cluster": ("eks", _pages("list_clusters", "clusters", "")),
    "aws:secretsmanager/secret:Secret": ("secretsmanager", _pages("list_secrets", "SecretList", "ARN")),
    "aws:sagemaker/model:Model": ("sagemaker", _pages("list_models", "Models", "ModelName")),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (
        "sagemaker",
        _pages("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ),
    "aws:sagemaker/endpoint:Endpoint": ("sagemaker", _pages("list_endpoints", "Endpoints", "EndpointName")),
}
# What AWS makes by itself: a log group that it keeps, and a security group that goes away with the cluster it is for.
LOG_GROUP_OF_AWS: Final = "/aws/sagemaker/TrainingJobs"
SECURITY_GROUPS_OF_AWS: Final = "eks-cluster-sg-"


def of_cloud(here: Slipway) -> dict[str, list[str]]:
    """Ids by type, sorted, doubles kept. A type with none is left out."""
    listed = {type_: sorted(lister(here.boto(service))) for type_, (service, lister) in LISTED.items()}
    return {type_: ids for type_, ids in listed.items() if ids}


def of_state(here: Slipway, stack: str) -> dict[str, list[str]]:
    """The same from a stack's state, as `slipway export` prints it."""
    found: dict[str, list[str]] = {}
    for item in here.run("export", stack, "--local").json["deployment"].get("resources", ()):
        if item["type"] in LISTED:
            found.setdefault(item["type"], []).append(item["id"])
    return {type_: sorted(ids) for type_, ids in found.items()}


def same(here: Slipway, *stacks: str) -> None:
    """The cloud has what the states of these stacks have: each once, and nothing else."""
    cloud = of_cloud(here)
    state: dict[str, list[str]] = {}
    for stack in stacks:
        for type_, ids in of_state(here, stack).items():
            state[type_] = sorted(state.get(type_, []) + ids)
    by_aws = made_by_aws(here)
    for type_ in sorted({*cloud, *state}):
        ours = state.get(type_, [])
        theirs = [item for item in cloud.get(type_, ()) if item not in by_aws or item in ours]
        assert theirs == ours, f"{type_}: the cloud has {theirs}, the state {ours}"


def made_by_aws(here: Slipway) -> set[str]:
    """Ids of security groups that nobody declared."""
    pages = here.boto("ec2").get_paginator("describe_security_groups").paginate()
    return {g["GroupId"] for page in pages for g in page["SecurityGroups"] if g["GroupName"].startswith(SECURITY_GROUPS_OF_AWS)}


def training_jobs(here: Slipway) -> dict[str, str]:
    """Name and status of every training job."""
    pages = here.boto("sagemaker").get_paginator("list_training_jobs").paginate()
    return {job["TrainingJobName"]: job["TrainingJobStatus"] for page in pages for job in page["TrainingJobSummaries"]}


def converges(here: Slipway) -> None:
    """The next up finishes, and cloud and state agree."""
    here.ask("up")
    same(here, "local")
    assert here.processes().keys() == {here.cloud().pid}
