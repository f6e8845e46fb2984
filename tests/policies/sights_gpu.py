"""GPU pools and EFA, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, vpc
from tests.policies.case import Change, added, of, removed, set_, unknown, without
from tests.policies.parts import TAGS, id_of
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tools.plan.view import UNKNOWN

MAXIMUM: Final = "gpu-pool-has-a-maximum"
TAINT: Final = "gpu-pool-is-tainted"
TALKS: Final = "gpu-efa-group-talks-to-itself"
CLOSE: Final = "gpu-efa-machines-are-close"
ZONE: Final = "gpu-efa-pool-is-in-one-zone"
FITS: Final = "compute-placement-fits-the-reservation"
_REQUIREMENTS: Final = "spec.template.spec.requirements"
_NO_TAINTS: Final = (set_("taints", []),)
_PLAIN: Final = (ec2.LAUNCH_TEMPLATE.token, {"name": "plain", "instanceType": "m7g.large", "tags": TAGS})
_TWO: Final = (set_("subnetIds", ["s-1", "s-2"]),)
_GROUPS: Final = "networkInterfaces.0.securityGroups"
_TARGET: Final = "capacityReservationSpecification.capacityReservationTarget"


def _asking(key: str, *values: str) -> tuple[Change, ...]:
    """A Karpenter pool without taints that asks for this."""
    return (set_(_REQUIREMENTS, [{"key": key, "operator": "In", "values": list(values)}]), set_("spec.template.spec.taints", []))


def _itself(**row: Any) -> tuple[Change, ...]:
    """The EFA group with its own ingress rule in this form, in place of the one beside it."""
    return (of("efa-in", removed()), of("efa", set_("ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, **row}])))


def _classic(**row: Any) -> tuple[str, dict[str, Any]]:
    return ec2.SECURITY_GROUP_RULE.token, {"securityGroupId": id_of("efa"), "protocol": "-1", "description": "x", **row}


GPU_SIGHTS: Final = (
    # --- which pools are GPU pools
    Sight(TAINT, "gpu", FAILS, *_NO_TAINTS, set_("instanceTypes", ["p5.48xlarge", "m7g.large"])),
    Sight(TAINT, "gpu", PASSES, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"])),
    Sight(TAINT, "gpu", FAILS, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"]), set_("amiType", "AL2023_x86_64_nvidia")),
    Sight(TAINT, "gpu", PASSES, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"]), set_("amiType", "AL2023_ARM_64_STANDARD")),
    # The type may be in the launch template alone.
    Sight(TAINT, "gpu", FAILS, *_NO_TAINTS, without("instanceTypes")),
    Sight(TAINT, "gpu", PASSES, *_NO_TAINTS, without("instanceTypes"), without("launchTemplate")),
    Sight(TAINT, "gpu", FAILS, *_NO_TAINTS, without("instanceTypes"), of("plain", added(*_PLAIN))),
    Sight(
        TAINT,
        "gpu",
        PASSES,
        *_NO_TAINTS,
        without("instanceTypes"),
        of("plain", added(*_PLAIN)),
        set_("launchTemplate.id", id_of("plain")),
    ),
    Sight(TAINT, "gpu", PASSES, *_NO_TAINTS, without("instanceTypes"), of("template", set_("instanceType", "m7g.large"))),
    Sight(
        TAINT,
        "gpu",
        OPEN,
        *_NO_TAINTS,
        without("instanceTypes"),
        of("plain", added(*_PLAIN)),
        unknown("launchTemplate.id"),
        ids=False,
    ),
    Sight(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-gpu-count", "1")),
    Sight(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-accelerator-name", "inferentia")),
    Sight(TAINT, "karpenter", FAILS, *_asking("aws.amazon.com/neuron", "1")),
    Sight(TAINT, "karpenter", FAILS, *_asking("node.kubernetes.io/instance-type", "m7g.large", "g6.xlarge")),
    Sight(TAINT, "karpenter", PASSES, *_asking("node.kubernetes.io/instance-type", "m7g.large")),
    Sight(TAINT, "karpenter", PASSES, *_asking("node.kubernetes.io/hostname", "g6.xlarge")),
    Sight(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-family", "m7g", "g6")),
    Sight(TAINT, "karpenter", PASSES, *_asking("karpenter.k8s.aws/instance-family", "m7g")),
    Sight(TAINT, "karpenter", PASSES, *_asking("team", "p5")),
    *(Sight(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-category", one)) for one in ("g", "p", "trn", "inf")),
    Sight(TAINT, "karpenter", PASSES, *_asking("karpenter.k8s.aws/instance-category", "m")),
    Sight(TAINT, "karpenter", PASSES, *_asking("tier", "g")),
    # --- how large
    Sight(MAXIMUM, "gpu", PASSES, set_("scalingConfig.maxSize", 64)),
    Sight(MAXIMUM, "gpu", FAILS, set_("scalingConfig.maxSize", 65)),
    Sight(MAXIMUM, "gpu", PASSES, set_("scalingConfig.maxSize", 65), set_("instanceTypes", ["m7g.large"])),
    Sight(MAXIMUM, "gpu", PASSES, without("scalingConfig.maxSize"), set_("instanceTypes", ["m7g.large"])),
    Sight(MAXIMUM, "asg", PASSES, set_("maxSize", 65)),
    Sight(MAXIMUM, "karpenter", PASSES, set_("spec.limits", {"cpu": "1000"})),
    Sight(MAXIMUM, "karpenter", FAILS, set_("spec.limits", {"memory": "1000Gi"})),
    Sight(MAXIMUM, "karpenter", PASSES, without("spec.limits"), set_(_REQUIREMENTS, [])),
    # --- taints
    Sight(TAINT, "gpu", PASSES, set_("taints.0.effect", "NO_EXECUTE")),
    Sight(TAINT, "gpu", FAILS, set_("taints.0.effect", "PREFER_NO_SCHEDULE")),
    # --- EFA: what counts as "to itself"
    Sight(TALKS, "template", PASSES, *_itself(self=True)),
    Sight(TALKS, "template", PASSES, *_itself(securityGroups=[id_of("efa")])),
    Sight(TALKS, "template", FAILS, *_itself(securityGroups=[id_of("group")])),
    Sight(TALKS, "template", FAILS, *_itself(cidrBlocks=["0.0.0.0/0"])),
    Sight(TALKS, "template", FAILS, *_itself(self=True, protocol="tcp")),
    Sight(TALKS, "template", PASSES, of("efa-in", removed()), of("in", added(*_classic(type="ingress", self=True)))),
    Sight(
        TALKS,
        "template",
        PASSES,
        of("efa-in", removed()),
        of("in", added(*_classic(type="ingress", sourceSecurityGroupId=id_of("efa")))),
    ),
    Sight(TALKS, "template", FAILS, of("efa-in", removed()), of("in", added(*_classic(type="egress", self=True)))),
    Sight(TALKS, "template", FAILS, of("efa-out", removed()), of("out", added(*_classic(type="ingress", self=True)))),
    Sight(TALKS, "template", PASSES, of("efa-out", removed()), of("efa", set_("egress", [{"protocol": "-1", "self": True}]))),
    Sight(TALKS, "template", FAILS, of("efa-in", set_("referencedSecurityGroupId", id_of("group")))),
    Sight(TALKS, "template", PASSES, set_("networkInterfaces", [{"deviceIndex": 0}]), of("efa-in", removed())),
    # Neither id is known, but they are the same unknown's: whoever is a group's own rule names the group itself.
    Sight(
        TALKS,
        "template",
        PASSES,
        of("efa-in", set_("securityGroupId", "sg-9")),
        of("efa-in", set_("referencedSecurityGroupId", "sg-9")),
        ids=False,
    ),
    Sight(
        TALKS,
        "template",
        OPEN,
        set_(_GROUPS, ["sg-other"]),
        of("efa", removed()),
        of("efa-in", removed()),
        of("efa-out", removed()),
    ),
    Sight(
        TALKS,
        "template",
        OPEN,
        of("efa-in", removed()),
        of("stray", added(vpc.SECURITY_GROUP_INGRESS_RULE.token, {"securityGroupId": UNKNOWN})),
    ),
    Sight(TALKS, "template", FAILS, set_(_GROUPS, [id_of("group")])),
    Sight(TALKS, "template", FAILS, unknown(_GROUPS), of("efa-in", removed())),
    # --- close together, in one zone
    Sight(CLOSE, "template", PASSES, set_("networkInterfaces", []), without("placement")),
    Sight(CLOSE, "template", PASSES, set_("placement", {"groupId": "pg-1"})),
    Sight(CLOSE, "template", PASSES, without("placement"), set_(_TARGET, {"capacityReservationId": "cr-1"})),
    Sight(CLOSE, "template", PASSES, without("placement"), set_("instanceMarketOptions", {"marketType": "capacity-block"})),
    Sight(CLOSE, "template", FAILS, without("placement"), set_("instanceMarketOptions", {"marketType": "spot"})),
    Sight(ZONE, "gpu", FAILS, *_TWO),
    Sight(ZONE, "gpu", PASSES, *_TWO, without("launchTemplate")),
    Sight(ZONE, "gpu", PASSES, *_TWO, of("template", set_("networkInterfaces", []))),
    Sight(ZONE, "gpu", FAILS, *_TWO, of("plain", added(*_PLAIN))),
    Sight(ZONE, "gpu", PASSES, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate.id", id_of("plain"))),
    Sight(ZONE, "gpu", PASSES, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate", {"name": "plain"})),
    Sight(
        ZONE,
        "gpu",
        FAILS,
        *_TWO,
        of("plain", added(*_PLAIN)),
        set_("launchTemplate", {"name": "efa"}),
        of("template", set_("name", "efa")),
    ),
    Sight(ZONE, "gpu", OPEN, *_TWO, of("plain", added(*_PLAIN)), unknown("launchTemplate.id"), ids=False),
    Sight(ZONE, "gpu", OPEN, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate", {"name": UNKNOWN}), ids=False),
    Sight(ZONE, "gpu", FAILS, *_TWO, set_("launchTemplate", {"name": UNKNOWN}), ids=False),
    Sight(ZONE, "gpu", PASSES, *_TWO, of("template", set_("networkInterfaces", [])), unknown("launchTemplate.id"), ids=False),
    Sight(
        ZONE,
        "gpu",
        PASSES,
        *_TWO,
        of("plain", added(*_PLAIN)),
        of("template", set_("networkInterfaces", [])),
        unknown("launchTemplate.id"),
        ids=False,
    ),
    # Of several templates whose ids nobody knows, the one beside the pool is meant.
    Sight(
        ZONE,
        "gpu",
        PASSES,
        *_TWO,
        of("plain", added(*_PLAIN)),
        unknown("launchTemplate.id"),
        ids=False,
        parents={"gpu": "urn:pool", "plain": "urn:pool"},
    ),
    # --- a reservation, and the group that it was made in
    Sight(
        FITS,
        "template",
        FAILS,
        set_("placement", {"groupId": "pg-1"}),
        set_("instanceMarketOptions", {"marketType": "capacity-block"}),
    ),
    Sight(FITS, "template", OPEN, set_(_TARGET, {"capacityReservationId": "cr-1"})),
    Sight(
        FITS,
        "template",
        PASSES,
        set_(_TARGET, {"capacityReservationId": id_of("inside")}),
        of(
            "inside",
            added(ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
        ),
        of("outside", added(ec2.CAPACITY_RESERVATION.token, {})),
    ),
    Sight(
        FITS,
        "template",
        FAILS,
        set_(_TARGET, {"capacityReservationId": id_of("outside")}),
        of(
            "inside",
            added(ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
        ),
        of("outside", added(ec2.CAPACITY_RESERVATION.token, {})),
    ),
    Sight(
        FITS,
        "template",
        PASSES,
        set_(_TARGET, {"capacityReservationId": UNKNOWN}),
        of(
            "inside",
            added(ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
        ),
        ids=False,
    ),
)
