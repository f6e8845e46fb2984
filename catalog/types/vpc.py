"""Rules of security groups, which the provider calls the VPC's."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Points, Quota, Rights

SECURITY_GROUP_EGRESS_RULE = Card(
    token="aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:AuthorizeSecurityGroupEgress",)),
    quotas=(
        Quota(
            service="vpc",
            code="L-0EA8095F",
            name="Inbound or outbound rules per security group",
            unit="outbound ",
            within="securityGroupId",
        ),
    ),
    points=(
        Points(path="securityGroupId", to="aws:ec2/securityGroup:SecurityGroup"),
        Points(path="referencedSecurityGroupId", to="aws:ec2/securityGroup:SecurityGroup"),
    ),
    room="network",
)
SECURITY_GROUP_INGRESS_RULE = Card(
    token="aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:AuthorizeSecurityGroupIngress",)),
    quotas=(
        Quota(
            service="vpc",
            code="L-0EA8095F",
            name="Inbound or outbound rules per security group",
            unit="inbound ",
            within="securityGroupId",
        ),
    ),
    points=(
        Points(path="securityGroupId", to="aws:ec2/securityGroup:SecurityGroup"),
        Points(path="referencedSecurityGroupId", to="aws:ec2/securityGroup:SecurityGroup"),
    ),
    room="network",
)

CARDS: Final = (
    SECURITY_GROUP_EGRESS_RULE,
    SECURITY_GROUP_INGRESS_RULE,
)
