"""The cluster's security groups: the API server's, the nodes', and EFA's, which refers to itself both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi

from infra.base.component import Component
from infra.base.naming import Naming
from infra.network.security_rules import ALL_PORTS, ANYWHERE, HTTPS, SecurityGroupRules
from infra.network.vpc import Vpc

# The API server calls the kubelet (10250) and webhooks, which may listen on any port above the privileged ones.
HIGH_PORTS: Final = (1025, 65535)


@dataclass(frozen=True, kw_only=True)
class ClusterSecurityArgs:
    """`api_cidrs` are ranges beyond the VPC that may call the API server; `efa` says whether any pool has EFA."""

    naming: Naming
    vpc: Vpc
    api_cidrs: tuple[str, ...]
    efa: bool


class ClusterSecurity(Component[ClusterSecurityArgs], token="slipway:compute:ClusterSecurity"):
    """Every group and rule of the cluster. `ready` are the rules that nodes need before they can join."""

    api_group_id: pulumi.Output[str]
    nodes_group_id: pulumi.Output[str]
    efa_group_id: pulumi.Output[str] | None

    def declare(self, args: ClusterSecurityArgs) -> None:
        api = SecurityGroupRules(self, args.naming, "cluster-api", "The API server of the cluster", args.vpc.id)
        nodes = SecurityGroupRules(self, args.naming, "cluster-nodes", "Nodes and their pods", args.vpc.id)
        self.ready: list[pulumi.Resource] = [
            api.allow_in("from-vpc", "API calls from inside the VPC", HTTPS, cidr=args.vpc.cidr),
            *(
                api.allow_in(f"from-{cidr.replace('/', '-')}", "API calls from a connected network", HTTPS, cidr=cidr)
                for cidr in args.api_cidrs
            ),
            api.allow_out("to-nodes", "Kubelets and webhooks", HIGH_PORTS, group=nodes.id),
            api.allow_out("to-nodes-https", "Webhooks on 443", HTTPS, group=nodes.id),
            nodes.allow_in("from-api", "Kubelets and webhooks", HIGH_PORTS, group=api.id),
            nodes.allow_in("from-api-https", "Webhooks on 443", HTTPS, group=api.id),
            nodes.allow_out("to-vpc", "Endpoints and file systems in the VPC", ALL_PORTS, cidr=args.vpc.cidr),
            nodes.allow_out("to-https", "Registries and AWS", HTTPS, cidr=ANYWHERE),
            *nodes.allow_within("Pods among each other"),
        ]
        self.api_group_id, self.nodes_group_id = api.id, nodes.id
        self.efa_group_id = None
        if args.efa:
            efa = SecurityGroupRules(self, args.naming, "cluster-efa", "EFA between the nodes of a pool", args.vpc.id)
            self.ready += efa.allow_within("EFA, which bypasses the kernel")
            self.efa_group_id = efa.id
