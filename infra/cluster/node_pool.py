"""One managed node group with its launch template, declared from a `PoolPlan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog import limits
from infra.base.component import Component
from infra.base.ground import Ground
from infra.cluster.decide import PoolPlan, node_group_prefix
from infra.money.decide import RESIZE, RETRIES, RETRY_SECONDS, crons, resize
from infra.money.settings import WorkingHours
from infra.network.vpc import Vpc

# The root volume of Amazon Linux 2023.
ROOT_DEVICE: Final = "/dev/xvda"
TAGGED: Final = ("instance", "volume", "network-interface")


@dataclass(frozen=True, kw_only=True)
class NodePoolArgs:
    """What a pool needs of its cluster.

    `security_group_ids` are the nodes' own group and, for a pool with EFA, EFA's. `after` is what must be there before the first
    node, and goes only after the last. `hours` is when a pool that may be empty has nodes.
    """

    ground: Ground
    plan: PoolPlan
    cluster_name: pulumi.Input[str]
    version: str
    vpc: Vpc
    security_group_ids: Sequence[pulumi.Input[str]]
    after: Sequence[pulumi.Resource]
    hours: WorkingHours | None = None


class NodePool(Component[NodePoolArgs], token="slipway:compute:NodePool"):
    """A launch template, a placement group where the plan has one, and the node group."""

    node_group_name: pulumi.Output[str]
    node_group_arn: pulumi.Output[str]
    launch_template_id: pulumi.Output[str]

    def declare(self, args: NodePoolArgs) -> None:
        self._plan, self._naming, self._name = args.plan, args.ground.naming, args.ground.naming.name(args.plan.name)
        template = self._launch_template()
        self.node_group = self._node_group(template)
        self.node_group_name = self.node_group.node_group_name
        self.node_group_arn = self.node_group.arn
        self.launch_template_id = template.id
        if args.hours is not None and args.plan.may_be_empty:
            self._keep_hours(args.hours)

    def _launch_template(self) -> aws.ec2.LaunchTemplate:
        plan, groups = self._plan, list(self._args.security_group_ids)
        return aws.ec2.LaunchTemplate(
            self._name,
            name=self._name,
            description=f"Nodes of pool {plan.name}",
            update_default_version=True,
            user_data=plan.user_data,
            ebs_optimized="true",
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=plan.hop_limit
            ),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=ROOT_DEVICE,
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_size=plan.disk_gb,
                        volume_type="gp3",
                        encrypted="true",
                        kms_key_id=self._args.ground.keys["cluster"],
                        delete_on_termination="true",
                    ),
                )
            ],
            # EC2 refuses security groups on both: they go on the interfaces of a template that has some, else on the template.
            vpc_security_group_ids=None if plan.efa else groups,
            network_interfaces=self._interfaces(groups) if plan.efa else None,
            placement=self._placement(),
            capacity_reservation_specification=self._reservation(),
            instance_market_options=aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
            if plan.capacity_block
            else None,
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=self._naming.tags(self._name))
                for kind in TAGGED
            ],
            tags=self._naming.tags(self._name),
            opts=self.child(),
        )

    def _interfaces(self, groups: Sequence[pulumi.Input[str]]) -> list[aws.ec2.LaunchTemplateNetworkInterfaceArgs]:
        return [
            aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                description=f"EFA {interface.card}",
                network_card_index=interface.card,
                device_index=interface.device,
                interface_type=interface.type,
                associate_public_ip_address="false" if interface.device == 0 and len(self._plan.interfaces) == 1 else None,
                delete_on_termination="true",
                security_groups=groups,
            )
            for interface in self._plan.interfaces
        ]

    def _placement(self) -> aws.ec2.LaunchTemplatePlacementArgs | None:
        if not self._plan.placement_group:
            return None
        group = aws.ec2.PlacementGroup(
            self._name,
            name=self._name,
            strategy="cluster",
            tags=self._naming.tags(self._name),
            opts=self.child(),
        )
        return aws.ec2.LaunchTemplatePlacementArgs(group_name=group.name)

    def _reservation(self) -> aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs | None:
        if not self._plan.reservation_id:
            return None
        return aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_target=aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
                capacity_reservation_id=self._plan.reservation_id
            )
        )

    def _node_group(self, template: aws.ec2.LaunchTemplate) -> aws.eks.NodeGroup:
        plan, ground = self._plan, self._args.ground
        return aws.eks.NodeGroup(
            self._name,
            cluster_name=self._args.cluster_name,
            node_group_name_prefix=node_group_prefix(ground.naming, plan.name),
            node_role_arn=ground.roles["node"],
            version=self._args.version,
            ami_type=plan.ami_type,
            capacity_type=plan.capacity_type,
            instance_types=list(plan.instance_types),
            subnet_ids=[self._args.vpc.private_subnets[zone] for zone in plan.subnet_zones],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(min_size=plan.min, desired_size=plan.desired, max_size=plan.max),
            # A reservation has no spare machines: an update removes old nodes before it starts new ones.
            update_config=aws.eks.NodeGroupUpdateConfigArgs(
                max_unavailable=1, update_strategy="MINIMAL" if plan.reservation_id else None
            ),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            labels=dict(plan.labels),
            taints=[aws.eks.NodeGroupTaintArgs(**taint) for taint in plan.taints],
            tags=ground.naming.tags(self._name),
            # The autoscaler owns the number of nodes once the group is there.
            opts=self.child(ignore_changes=["scalingConfig.desiredSize"], depends_on=list(self._args.after)),
        )

    def _keep_hours(self, hours: WorkingHours) -> None:
        """Empties the pool at the end of every day, and fills it at the start of a working day where it starts with nodes."""
        start, end = crons(hours)
        times = [("evening", end, 0), *([("morning", start, self._plan.desired)] if self._plan.desired else [])]
        for part, cron, nodes in times:
            name = self._naming.short(self._plan.name, part, limit=limits.SCHEDULE_NAME)
            aws.scheduler.Schedule(
                name,
                name=name,
                description=f"Pool {self._plan.name}: {nodes} nodes",
                schedule_expression=cron,
                schedule_expression_timezone=hours.timezone,
                flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=RESIZE,
                    role_arn=self._args.ground.roles["resize"],
                    input=pulumi.Output.json_dumps(resize(self._args.cluster_name, self.node_group_name, nodes), sort_keys=True),
                    retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                        maximum_event_age_in_seconds=RETRY_SECONDS, maximum_retry_attempts=RETRIES
                    ),
                ),
                opts=self.child(),
            )
