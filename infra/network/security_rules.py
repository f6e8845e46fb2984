"""Security groups and their rules, one rule a resource: groups that name each other could not be deleted otherwise."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from infra.base.naming import Naming

ANYWHERE: Final = "0.0.0.0/0"
HTTPS: Final = (443, 443)
ALL_PORTS: Final = (0, 65535)


class SecurityGroupRules:
    """One security group. `allow_in` and `allow_out` each add a rule: to or from a range, another group, or the group itself."""

    def __init__(
        self, parent: pulumi.Resource, naming: Naming, purpose: str, description: str, vpc_id: pulumi.Input[str]
    ) -> None:
        self._naming, self._purpose, self._parent = naming, purpose, parent
        name = naming.name(purpose)
        group = aws.ec2.SecurityGroup(
            name,
            name=name,
            description=description,
            vpc_id=vpc_id,
            tags=naming.tags(name),
            opts=pulumi.ResourceOptions(parent=parent),
        )
        self.id: pulumi.Output[str] = group.id

    def allow_in(
        self,
        name: str,
        description: str,
        ports: tuple[int, int],
        *,
        cidr: str | None = None,
        group: pulumi.Input[str] | None = None,
    ) -> pulumi.Resource:
        """TCP on `ports` (first, last) from `cidr` or `group`."""
        return self._rule(aws.vpc.SecurityGroupIngressRule, name, description, "tcp", ports, cidr, group)

    def allow_out(
        self,
        name: str,
        description: str,
        ports: tuple[int, int],
        *,
        cidr: str | None = None,
        group: pulumi.Input[str] | None = None,
    ) -> pulumi.Resource:
        """TCP on `ports` (first, last) to `cidr` or `group`."""
        return self._rule(aws.vpc.SecurityGroupEgressRule, name, description, "tcp", ports, cidr, group)

    def allow_within(self, description: str) -> list[pulumi.Resource]:
        """Everything among the group's own members, both ways.

        EFA needs the group itself as the target on both sides; a rule for 0.0.0.0/0 does not cover its traffic.
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html
        """
        return [
            self._rule(aws.vpc.SecurityGroupIngressRule, "from-self", description, "-1", None, None, self.id),
            self._rule(aws.vpc.SecurityGroupEgressRule, "to-self", description, "-1", None, None, self.id),
        ]

    def _rule(
        self,
        kind: type[aws.vpc.SecurityGroupIngressRule] | type[aws.vpc.SecurityGroupEgressRule],
        name: str,
        description: str,
        protocol: str,
        ports: tuple[int, int] | None,
        cidr: str | None,
        group: pulumi.Input[str] | None,
    ) -> pulumi.Resource:
        full = self._naming.name(self._purpose, name)
        return kind(
            full,
            security_group_id=self.id,
            description=description,
            ip_protocol=protocol,
            from_port=ports[0] if ports else None,
            to_port=ports[1] if ports else None,
            cidr_ipv4=cidr,
            referenced_security_group_id=group,
            tags=self._naming.tags(full),
            opts=pulumi.ResourceOptions(parent=self._parent),
        )
