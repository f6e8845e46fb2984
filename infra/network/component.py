"""The VPC: subnets in three tiers, NAT, endpoints and flow logs. Where each subnet lies is decided in `decide.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.services import GATEWAY_SERVICES
from infra.base.component import Component
from infra.base.ground import Ground
from infra.network.decide import SubnetSpec, Tier, layout
from infra.network.rights import gateway_policy, interface_policy
from infra.network.settings import Nat, NetworkSettings
from infra.network.vpc import Vpc

ANYWHERE: Final = "0.0.0.0/0"
# Load balancers that EKS makes look for these: https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
LOAD_BALANCER_TAGS: Final = {
    Tier.PUBLIC: {"kubernetes.io/role/elb": "1"},
    Tier.PRIVATE: {"kubernetes.io/role/internal-elb": "1"},
    Tier.ISOLATED: {},
}


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What the network needs; its zones are the ground's."""

    ground: Ground
    settings: NetworkSettings


class Network(Component[NetworkArgs], token="slipway:network:Network"):
    """Subnet ids come out only once the subnet has its routes, so that what is put there can reach what it needs, and goes first
    when all is destroyed."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]
    isolated_subnet_ids: list[pulumi.Output[str]]
    endpoint_security_group_id: pulumi.Output[str]
    flow_log_group_name: pulumi.Output[str]
    nat_gateway_ids: list[pulumi.Output[str]]

    def declare(self, args: NetworkArgs) -> None:
        self._ground, self._settings, self._naming = args.ground, args.settings, args.ground.naming
        zones, cidr = args.ground.zones, args.settings.cidr
        specs = layout(cidr, zones)

        # The VPC's default security group stays as AWS makes it, though a rule asks for an empty one: closing it takes a type
        # (DefaultSecurityGroup) that the local cloud does not have, and nothing here is ever in it: a test holds all to groups of
        # their own. The default network ACL stays open: stateful groups that name each other say the same more narrowly.
        self._vpc = aws.ec2.Vpc(
            self._named("vpc"),
            cidr_block=cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
            opts=self.child(),
        )
        self.vpc_id = self._vpc.id
        self.flow_log_group_name = self._flow_logs()
        subnets = {(spec.tier, spec.index): self._subnet(spec) for spec in specs}
        internet = aws.ec2.InternetGateway(
            self._named("internet"), vpc_id=self._vpc.id, tags=self._tags("internet"), opts=self.child()
        )
        public_table, public_ready = self._public_routes(internet)
        gateways = self._nat_gateways(subnets, internet)
        self.nat_gateway_ids = [gateway.id for gateway in gateways]
        private = [self._private_routes(index, gateways) for index in range(len(zones))]
        isolated_table = self._table("isolated")

        tables = [public_table, *(table for table, _ in private), isolated_table]
        gateway_endpoints = [self._gateway_endpoint(service, tables) for service in GATEWAY_SERVICES]
        reach = [endpoint.id for endpoint in gateway_endpoints]
        self.public_subnet_ids = [
            self._associated(subnets[Tier.PUBLIC, index], public_table, spec, [public_ready, *reach])
            for index, spec in enumerate(spec for spec in specs if spec.tier is Tier.PUBLIC)
        ]
        self.private_subnet_ids = [
            self._associated(
                subnets[Tier.PRIVATE, index], private[index][0], spec, [*private[index][1], *self.public_subnet_ids, *reach]
            )
            for index, spec in enumerate(spec for spec in specs if spec.tier is Tier.PRIVATE)
        ]
        self.isolated_subnet_ids = [
            self._associated(subnets[Tier.ISOLATED, index], isolated_table, spec, reach)
            for index, spec in enumerate(spec for spec in specs if spec.tier is Tier.ISOLATED)
        ]
        self.endpoint_security_group_id = self._interface_endpoints()
        self.vpc = Vpc(id=self.vpc_id, cidr=cidr, private_subnets=dict(zip(zones, self.private_subnet_ids, strict=True)))

    def _flow_logs(self) -> pulumi.Output[str]:
        group = aws.cloudwatch.LogGroup(
            self._named("vpc-flow"),
            name=f"/{self._naming.prefix}/vpc-flow",
            retention_in_days=self._settings.flow_log_retention_days,
            kms_key_id=self._ground.keys["logs"],
            tags=self._tags("vpc-flow"),
            opts=self.child(),
        )
        aws.ec2.FlowLog(
            self._named("vpc-flow"),
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=self._ground.roles["flow-log"],
            max_aggregation_interval=60,
            tags=self._tags("vpc-flow"),
            opts=self.child(),
        )
        return group.name

    def _subnet(self, spec: SubnetSpec) -> aws.ec2.Subnet:
        name = self._named(spec.tier.value, _letter(spec.zone))
        return aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            cidr_block=spec.cidr,
            availability_zone=spec.zone,
            # Instances get no public address when they start; NAT gateways and load balancers have addresses of their own.
            map_public_ip_on_launch=False,
            tags=self._naming.tags(name, Tier=spec.tier.value) | LOAD_BALANCER_TAGS[spec.tier],
            opts=self.child(),
        )

    def _table(self, *parts: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(self._named(*parts), vpc_id=self._vpc.id, tags=self._tags(*parts), opts=self.child())

    def _public_routes(self, internet: aws.ec2.InternetGateway) -> tuple[aws.ec2.RouteTable, pulumi.Output[str]]:
        table = self._table("public")
        route = aws.ec2.Route(
            self._named("public-internet"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=internet.id,
            opts=self.child(),
        )
        return table, route.id

    def _nat_gateways(
        self, subnets: dict[tuple[Tier, int], aws.ec2.Subnet], internet: aws.ec2.InternetGateway
    ) -> list[aws.ec2.NatGateway]:
        """The NAT gateways: none, one in the first zone, or one in each."""
        count = {Nat.NONE: 0, Nat.SINGLE: 1, Nat.PER_ZONE: len(self._ground.zones)}[self._settings.nat]
        gateways = []
        for index in range(count):
            parts = ("nat", _letter(self._ground.zones[index]))
            # AWS releases an address only while the internet gateway is attached: the address must be deleted first.
            address = aws.ec2.Eip(
                self._named(*parts), domain="vpc", tags=self._tags(*parts), opts=self.child(depends_on=[internet])
            )
            gateways.append(
                aws.ec2.NatGateway(
                    self._named(*parts),
                    allocation_id=address.id,
                    subnet_id=subnets[Tier.PUBLIC, index].id,
                    tags=self._tags(*parts),
                    opts=self.child(depends_on=[internet]),
                )
            )
        return gateways

    def _private_routes(
        self, index: int, gateways: list[aws.ec2.NatGateway]
    ) -> tuple[aws.ec2.RouteTable, list[pulumi.Output[str]]]:
        """A table for each zone, even behind one NAT: going to one NAT a zone then changes routes and moves no subnet."""
        letter = _letter(self._ground.zones[index])
        table = self._table("private", letter)
        if not gateways:
            return table, []
        route = aws.ec2.Route(
            self._named("private", letter, "nat"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=gateways[min(index, len(gateways) - 1)].id,
            opts=self.child(),
        )
        return table, [route.id]

    def _associated(
        self, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable, spec: SubnetSpec, ready: list[pulumi.Output[str]]
    ) -> pulumi.Output[str]:
        association = aws.ec2.RouteTableAssociation(
            self._named(spec.tier.value, _letter(spec.zone)), subnet_id=subnet.id, route_table_id=table.id, opts=self.child()
        )
        return pulumi.Output.all(association.subnet_id, *ready).apply(lambda known: str(known[0]))

    def _gateway_endpoint(self, service: str, tables: list[aws.ec2.RouteTable]) -> aws.ec2.VpcEndpoint:
        return aws.ec2.VpcEndpoint(
            self._named("endpoint", service),
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._ground.scope.region}.{service}",
            route_table_ids=[table.id for table in tables],
            policy=json.dumps(gateway_policy(self._ground.scope, service)),
            tags=self._tags("endpoint", service),
            opts=self.child(),
        )

    def _interface_endpoints(self) -> pulumi.Output[str]:
        group = aws.ec2.SecurityGroup(
            self._named("endpoints"),
            name=self._named("endpoints"),
            description="AWS services inside the VPC",
            vpc_id=self._vpc.id,
            tags=self._tags("endpoints"),
            opts=self.child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            self._named("endpoints-https"),
            security_group_id=group.id,
            description="HTTPS from the VPC",
            cidr_ipv4=self._settings.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            tags=self._tags("endpoints-https"),
            opts=self.child(),
        )
        for service in self._settings.interface_endpoints:
            aws.ec2.VpcEndpoint(
                self._named("endpoint", service),
                vpc_id=self._vpc.id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{self._ground.scope.region}.{service}",
                # Endpoints need no way to the internet: in isolated subnets they leave the private addresses to pods.
                subnet_ids=self.isolated_subnet_ids,
                security_group_ids=[group.id],
                private_dns_enabled=True,
                policy=json.dumps(interface_policy(self._ground.scope, service)),
                tags=self._tags("endpoint", service),
                opts=self.child(),
            )
        return group.id

    def _named(self, *parts: str) -> str:
        return self._naming.name(*parts)

    def _tags(self, *parts: str) -> dict[str, str]:
        return self._naming.tags(self._naming.name(*parts))


def _letter(zone: str) -> str:
    return zone[-1]
