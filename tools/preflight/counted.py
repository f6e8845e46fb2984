"""Resources whose number has a quota: one row a quota. Codes are Service Quotas' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from catalog.types import ec2, ecr, eks, iam, kms, s3, vpc
from catalog.types.card import Card
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight.account import Account
from tools.preflight.needs import Size, amount

# What a resource is counted within: its key, None where only `up` can tell.
Within = Callable[[ResourceView, LinkedPlan], str | None]


def _account(view: ResourceView, links: LinkedPlan) -> str | None:
    return ""


def _itself(view: ResourceView, links: LinkedPlan) -> str | None:
    return view.urn or view.name


def _in(path: str, card: Card) -> Within:
    """Within the resource that a property names; where that is not known yet, within the only one of the plan."""

    def within(view: ResourceView, links: LinkedPlan) -> str | None:
        value = Block.of(view).value(path, unknown=UNKNOWN)
        found = links.named(card, value)
        if found is None and value is UNKNOWN and len(links.of(card)) == 1:
            found = links.of(card)[0]
        return (found.urn or found.name) if found else value if isinstance(value, str) else None

    return within


def _zone(view: ResourceView, links: LinkedPlan) -> str | None:
    """Within the zone of its subnet."""
    subnet = links.named(ec2.SUBNET, Block.of(view).text("subnetId", unknown=""))
    return (Block.of(subnet).text("availabilityZone", unknown="") if subnet else "") or None


def _many(service: str, operation: str, key: str, **params: Any) -> Callable[[Account], float]:
    """How many the account has."""
    return lambda account: float(len(account.every(service, operation, key, **params)))


def _summary(key: str) -> Callable[[Account], float]:
    """How many IAM counts itself."""
    return lambda account: float(account.ask("iam", "get_account_summary")["SummaryMap"].get(key, 0))


def _one(view: ResourceView) -> float | None:
    return 1.0


def _all(view: ResourceView) -> bool:
    return True


def _kind(kind: str) -> Callable[[ResourceView], bool]:
    return lambda view: (Block.of(view).text("vpcEndpointType", unknown="unknown") or "Gateway") == kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A quota on a number of resources. `used` asks how many the account has; None where those of the plan are all that count."""

    service: str
    code: str
    name: str
    types: tuple[str, ...]
    unit: str = ""
    within: Within = _account
    counts: Callable[[ResourceView], bool] = _all
    size: Size = _one
    used: Callable[[Account], float] | None = None


COUNTED: Final = (
    Counted(
        service="vpc",
        code="L-F678F1CE",
        name="VPCs per Region",
        types=(ec2.VPC.token,),
        used=_many("ec2", "describe_vpcs", "Vpcs"),
    ),
    Counted(
        service="vpc",
        code="L-A4707A72",
        name="Internet gateways per Region",
        types=(ec2.INTERNET_GATEWAY.token,),
        used=_many("ec2", "describe_internet_gateways", "InternetGateways"),
    ),
    Counted(
        service="vpc",
        code="L-FE5A380F",
        name="NAT gateways per Availability Zone",
        types=(ec2.NAT_GATEWAY.token,),
        within=_zone,
    ),
    Counted(
        service="ec2",
        code="L-0263D0A3",
        name="EC2-VPC Elastic IPs",
        types=(ec2.EIP.token,),
        used=_many("ec2", "describe_addresses", "Addresses"),
    ),
    Counted(
        service="vpc",
        code="L-29B6F2EB",
        name="Interface VPC endpoints per VPC",
        types=(ec2.VPC_ENDPOINT.token,),
        within=_in("vpcId", ec2.VPC),
        counts=_kind("Interface"),
    ),
    Counted(
        service="vpc",
        code="L-1B52E74A",
        name="Gateway VPC endpoints per Region",
        types=(ec2.VPC_ENDPOINT.token,),
        counts=_kind("Gateway"),
        used=_many(
            "ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=[{"Name": "vpc-endpoint-type", "Values": ["Gateway"]}]
        ),
    ),
    Counted(
        service="vpc",
        code="L-407747CB",
        name="Subnets per VPC",
        types=(ec2.SUBNET.token,),
        within=_in("vpcId", ec2.VPC),
    ),
    Counted(
        service="vpc",
        code="L-589F43AA",
        name="Route tables per VPC",
        types=(ec2.ROUTE_TABLE.token,),
        within=_in("vpcId", ec2.VPC),
    ),
    Counted(
        service="vpc",
        code="L-E79EC296",
        name="VPC security groups per Region",
        types=(ec2.SECURITY_GROUP.token,),
        used=_many("ec2", "describe_security_groups", "SecurityGroups"),
    ),
    Counted(
        service="vpc",
        code="L-0EA8095F",
        name="Inbound or outbound rules per security group",
        unit="inbound ",
        types=(vpc.SECURITY_GROUP_INGRESS_RULE.token,),
        within=_in("securityGroupId", ec2.SECURITY_GROUP),
    ),
    Counted(
        service="vpc",
        code="L-0EA8095F",
        name="Inbound or outbound rules per security group",
        unit="outbound ",
        types=(vpc.SECURITY_GROUP_EGRESS_RULE.token,),
        within=_in("securityGroupId", ec2.SECURITY_GROUP),
    ),
    Counted(
        service="eks",
        code="L-1194D53C",
        name="Clusters",
        types=(eks.CLUSTER.token,),
        used=_many("eks", "list_clusters", "clusters"),
    ),
    Counted(
        service="eks",
        code="L-6D54EA21",
        name="Managed node groups per cluster",
        types=(eks.NODE_GROUP.token,),
        within=_in("clusterName", eks.CLUSTER),
    ),
    Counted(
        service="eks",
        code="L-BD136A63",
        name="Nodes per managed node group",
        types=(eks.NODE_GROUP.token,),
        within=_itself,
        size=lambda view: amount(Block.of(view), "scalingConfig.maxSize", 1),
    ),
    Counted(
        service="s3",
        code="L-DC2B2D3D",
        name="Buckets",
        types=(s3.BUCKET.token, s3.BUCKET_V2.token),
        used=_many("s3", "list_buckets", "Buckets"),
    ),
    Counted(
        service="iam",
        code="L-FE177D64",
        name="Roles per account",
        types=(iam.ROLE.token,),
        used=_summary("Roles"),
    ),
    Counted(
        service="iam",
        code="L-E95E4862",
        name="Customer managed policies per account",
        types=(iam.POLICY.token,),
        used=_summary("Policies"),
    ),
    # Which keys are the account's own and which are AWS's, only a call for each would tell: what is in use is left out.
    Counted(
        service="kms",
        code="L-C2F1777E",
        name="Customer Master Keys (CMKs)",
        types=(kms.KEY.token,),
    ),
    Counted(
        service="ecr",
        code="L-CFEB8E8D",
        name="Registered repositories",
        types=(ecr.REPOSITORY.token,),
        used=_many("ecr", "describe_repositories", "repositories"),
    ),
)
