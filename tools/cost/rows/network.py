"""VPC: gateways, addresses, endpoints, flow logs, and the traffic that is charged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import ec2, ec2transitgateway, networkfirewall
from tools.cost.bill import Ask, Charge, Row, Term, flat


def _nat_gateway(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("nat-gateway", "gateway", "NAT gateway", ask.usage.hours)
    yield from ask.charge("nat-gateway", "data", "data (assumed)", ask.usage.nat_gb)


def _endpoint(ask: Ask) -> Iterator[Charge]:
    kind = ask.text("vpcEndpointType", "Gateway")
    if kind == "Gateway":
        ask.note("gateway endpoints are not charged")
        return
    subnets = ask.block.items("subnetIds", unknown=None)
    if subnets is None:
        ask.note("subnetIds unknown until up, 2 zones assumed")
    zones = 2 if subnets is None else len(subnets) if ask.block.value("subnetIds") is not None else 1
    if kind == "GatewayLoadBalancer":
        yield from ask.charge("vpc-endpoint", "gwlb", "endpoint", zones * ask.usage.hours)
        yield from ask.charge("vpc-endpoint", "gwlb-data", "data (assumed)", ask.usage.endpoint_gb)
    else:
        yield from ask.charge("vpc-endpoint", "interface", f"interface in {zones} zone(s)", zones * ask.usage.hours)
        yield from ask.charge("vpc-endpoint", "data", "data (assumed)", ask.usage.endpoint_gb)


def _flow_log(ask: Ask) -> Iterator[Charge]:
    if ask.text("logDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
        # Delivery to S3 has a lower price of its own, for which no dated row was found.
        ask.note("delivered to a bucket: the price of CloudWatch Logs is taken, which is higher")
    yield from ask.charge("logs", "ingest", "delivered (assumed)", ask.usage.flow_log_gb)


ROWS: Final = (
    Row(card=ec2.NAT_GATEWAY, charges=_nat_gateway),
    Row(card=ec2.VPC_ENDPOINT, charges=_endpoint),
    Row(card=ec2.FLOW_LOG, charges=_flow_log),
    flat(ec2.EIP, Term(service="public-ipv4", dimension="address", label="public IPv4", usage="hours")),
    # Both sides of a transfer between zones are charged.
    flat(
        ec2.VPC,
        Term(service="data-transfer", dimension="zone", label="between zones, both ways", quantity=2, usage="zone_gb"),
    ),
    flat(
        ec2.INTERNET_GATEWAY,
        Term(service="data-transfer", dimension="internet", label="out to the internet", usage="internet_gb"),
    ),
    flat(
        ec2transitgateway.VPC_ATTACHMENT,
        Term(service="transit-gateway", dimension="attachment", label="attachment", usage="hours"),
        Term(service="transit-gateway", dimension="data", label="data", usage="zone_gb"),
    ),
    flat(
        networkfirewall.FIREWALL,
        Term(service="network-firewall", dimension="endpoint", label="endpoint", usage="hours"),
        Term(service="network-firewall", dimension="data", label="data", usage="internet_gb"),
        note="one endpoint counted",
    ),
)
