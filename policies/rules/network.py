"""The network: nothing listens to the world, traffic is recorded, private stays private."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalog.types import ec2, vpc
from policies.checks import has_companion
from policies.documents import judge_statements
from policies.rule import rule
from policies.tagging import name_says
from policies.verdict import PASS, Fail, Unknown, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

ADMIN_PORTS: Final = (22, 3389)
# The ports of Jupyter, TensorBoard, MLflow, Ray, model servers, Kafka and databases, which ML platforms often leave open.
DATA_PORTS: Final = (
    *(8888, 6006, 5000, 8265, 10001, 6379, 8000, 8080, 8081, 2379, 10250),
    *(9092, 9094, 9096, 9098, 5432, 3306, 27017, 9200),
)
_WORLD: Final = frozenset({"0.0.0.0/0", "::/0"})
_ALL_PROTOCOLS: Final = frozenset({"-1", "all"})
_GROUPS: Final = (ec2.SECURITY_GROUP, ec2.SECURITY_GROUP_RULE, vpc.SECURITY_GROUP_INGRESS_RULE, ec2.DEFAULT_SECURITY_GROUP)


@dataclass(frozen=True, slots=True)
class _Opening:
    """One security group rule. AWS's provider has four types that may declare one."""

    block: Block

    @property
    def everywhere(self) -> bool:
        blocks = [*self.block.strings("cidrBlocks"), *self.block.strings("ipv6CidrBlocks")]
        blocks += [self.block.text("cidrIpv4"), self.block.text("cidrIpv6")]
        return not _WORLD.isdisjoint(blocks)

    @property
    def all_protocols(self) -> bool:
        return (self.block.text("ipProtocol") or str(self.block.value("protocol") or "")).lower() in _ALL_PROTOCOLS

    @property
    def all_ports(self) -> bool:
        low, high = self.block.number("fromPort"), self.block.number("toPort")
        return self.all_protocols or (low is not None and high is not None and low <= 1 and high >= 65535)

    def reaches(self, port: int) -> bool:
        low, high = self.block.number("fromPort"), self.block.number("toPort")
        return self.all_protocols or (low is not None and high is not None and low <= port <= high)


def _openings(resource: ResourceView, direction: str) -> Iterable[_Opening]:
    root = Block.of(resource)
    if resource.type in (ec2.SECURITY_GROUP.token, ec2.DEFAULT_SECURITY_GROUP.token):
        return [_Opening(row) for row in root.items(direction)]
    if resource.type == ec2.SECURITY_GROUP_RULE.token:
        return [_Opening(root)] if root.text("type") == direction else []
    return [_Opening(root)] if (resource.type == vpc.SECURITY_GROUP_INGRESS_RULE.token) == (direction == "ingress") else []


@rule(
    *_GROUPS,
    severity="mandatory",
    frameworks=("FSBP EC2.13", "FSBP EC2.14", "CIS 6.3", "CIS 6.4"),
    anchors=("CKV_AWS_24", "CKV_AWS_25"),
    why="SSH and RDP open to the world are tried within minutes of being there.",
    fix="use Session Manager, or name the network that may connect",
)
def no_admin_port_to_the_world(resource: ResourceView) -> Verdict:
    def judge(opening: _Opening) -> Verdict:
        port = next((port for port in ADMIN_PORTS if opening.reaches(port)), 0) if opening.everywhere else 0
        return Fail(f"port {port} is open to the world") if port and not opening.all_ports else PASS

    return every(_openings(resource, "ingress"), judge)


@rule(
    *_GROUPS,
    severity="mandatory",
    frameworks=("FSBP EC2.18", "CIS 6.3", "CIS 6.4"),
    anchors=("CKV_AWS_277",),
    why="All ports to the world is no firewall.",
    fix="name the ports and the networks",
)
def no_all_ports_to_the_world(resource: ResourceView) -> Verdict:
    return every(
        _openings(resource, "ingress"),
        lambda opening: Fail("every port is open to the world") if opening.everywhere and opening.all_ports else PASS,
    )


@rule(
    *_GROUPS,
    severity="mandatory",
    frameworks=("FSBP EC2.19", "CIS 6.3"),
    anchors=("CKV_AWS_260",),
    why="Jupyter, Ray, MLflow and model servers have no login of their own, and databases should need no luck.",
    fix="reach it through a load balancer with authentication, or from inside the VPC",
)
def no_data_port_to_the_world(resource: ResourceView) -> Verdict:
    def judge(opening: _Opening) -> Verdict:
        if not opening.everywhere or opening.all_ports:
            return PASS
        port = next((port for port in DATA_PORTS if opening.reaches(port)), 0)
        return Fail(f"port {port} is open to the world") if port else PASS

    return every(_openings(resource, "ingress"), judge)


@rule(
    ec2.SECURITY_GROUP,
    ec2.SECURITY_GROUP_RULE,
    vpc.SECURITY_GROUP_EGRESS_RULE,
    severity="advisory",
    anchors=("CKV_AWS_382",),
    why="A compromised container sends out whatever it can reach, anywhere it likes.",
    fix="allow 443 and the ports that are used, or the prefix lists of the VPC endpoints",
)
def egress_is_confined(resource: ResourceView) -> Verdict:
    return every(
        _openings(resource, "egress"),
        lambda opening: Fail("everything may leave for anywhere") if opening.everywhere and opening.all_protocols else PASS,
    )


@rule(
    ec2.SECURITY_GROUP,
    ec2.SECURITY_GROUP_RULE,
    vpc.SECURITY_GROUP_INGRESS_RULE,
    vpc.SECURITY_GROUP_EGRESS_RULE,
    severity="advisory",
    anchors=("CKV_AWS_23",),
    why="A rule without a reason is never removed.",
    fix="set description",
)
def rules_are_described(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).has("description") else Fail("it has no description")


@rule(
    ec2.DEFAULT_SECURITY_GROUP,
    severity="mandatory",
    frameworks=("FSBP EC2.2", "CIS 6.5"),
    anchors=("CKV2_AWS_12",),
    why="What is started without a security group gets the default one.",
    fix="declare it with no ingress and no egress",
)
def default_group_is_closed(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    found = [direction for direction in ("ingress", "egress") if block.has(direction)]
    return Fail(f"it has {found[0]} rules") if found else PASS


@rule(
    ec2.VPC,
    severity="advisory",
    frameworks=("FSBP EC2.2", "CIS 6.5"),
    anchors=("CKV2_AWS_12",),
    why="AWS makes a default security group that lets its members talk and everything leave.",
    fix="declare a DefaultSecurityGroup for the VPC with no rules",
)
def default_group_is_declared(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, ec2.DEFAULT_SECURITY_GROUP, "the default security group is left as AWS makes it")


@rule(
    ec2.SUBNET,
    severity="mandatory",
    frameworks=("FSBP EC2.15",),
    anchors=("CKV_AWS_130",),
    why="An instance that gets a public address by default is public by default.",
    fix="set mapPublicIpOnLaunch to false (a subnet of the public tier says so in its name or its Tier tag)",
)
def subnet_gives_no_public_address(resource: ResourceView) -> Verdict:
    if not Block.of(resource).flag("mapPublicIpOnLaunch") or name_says(resource, "public"):
        return PASS
    return Fail("mapPublicIpOnLaunch is true outside the public tier")


@rule(
    ec2.VPC,
    severity="mandatory",
    frameworks=("FSBP EC2.6", "CIS 4.7"),
    anchors=("CKV2_AWS_11",),
    why="Without flow logs nobody can say afterwards what talked to what.",
    fix="declare a FlowLog for the VPC",
)
def vpc_has_flow_log(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, ec2.FLOW_LOG, "the VPC's traffic is not recorded")


@rule(
    ec2.FLOW_LOG,
    severity="mandatory",
    frameworks=("CIS 4.7",),
    anchors=("prowler vpc_flow_logs_enabled",),
    why="Accepted traffic shows what left, rejected traffic who tried: either half alone misleads.",
    fix="set trafficType to ALL",
)
def flow_log_records_everything(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.has("transitGatewayId") or block.has("transitGatewayAttachmentId"):
        return PASS
    kind = block.text("trafficType")
    return PASS if kind == "ALL" else Fail(f"trafficType is {kind or 'not set'}")


@rule(
    ec2.ROUTE,
    severity="mandatory",
    frameworks=("CIS 6.6",),
    anchors=("CKV2_AWS_44",),
    why="A private subnet with a route to the internet gateway is a public subnet.",
    fix="send 0.0.0.0/0 of private tables to a NAT gateway, of isolated ones nowhere",
)
def private_route_avoids_the_internet(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    outward = block.text("destinationCidrBlock") in _WORLD or block.text("destinationIpv6CidrBlock") in _WORLD
    if not outward or not name_says(resource, "private", "isolated"):
        return PASS
    return Fail("a private table sends 0.0.0.0/0 to a gateway") if block.text("gatewayId").startswith("igw-") else PASS


@rule(
    ec2.VPC,
    severity="advisory",
    frameworks=("FSBP EC2.10",),
    anchors=("CKV_AWS_123",),
    why="Without the (free) S3 gateway endpoint, data sets go through NAT at $0.045 a GB.",
    fix="declare a VpcEndpoint of type Gateway for com.amazonaws.<region>.s3",
)
def vpc_reaches_s3_inside(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    companions = plan.companions(resource, ec2.VPC_ENDPOINT)

    def is_s3(view: ResourceView) -> Verdict:
        return PASS if Block.of(view).text("serviceName").endswith(".s3") else Fail("another service")

    verdict = some(companions.found, is_s3, "S3 is reached from this VPC over the internet or NAT")
    return Unknown("vpcId") if isinstance(verdict, Fail) and companions.possible else verdict


@rule(
    ec2.VPC_ENDPOINT,
    severity="mandatory",
    frameworks=("CIS 2.21",),
    anchors=("prowler vpc_endpoint_connections_trust_boundaries",),
    why="An endpoint open to every action of everybody lets data leave for any account's buckets through our own network.",
    fix="confine the policy by principal, action, resource or aws:ResourceAccount",
)
def endpoint_policy_is_confined(resource: ResourceView) -> Verdict:
    return judge_statements(
        resource,
        lambda one: (
            Fail("its policy allows everything to everybody")
            if one.allows and one.public and one.every_action and one.every_resource and not one.conditions
            else PASS
        ),
    )


@rule(
    ec2.VPC_ENDPOINT,
    severity="advisory",
    anchors=("CKV_AWS_123",),
    why="Without private DNS the SDKs go on using the public addresses, and the endpoint is paid for nothing.",
    fix="set privateDnsEnabled to true on interface endpoints",
)
def endpoint_answers_by_name(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("vpcEndpointType") != "Interface" or block.text("serviceName").endswith(".s3"):
        return PASS
    return PASS if block.flag("privateDnsEnabled") else Fail("privateDnsEnabled is not true")
