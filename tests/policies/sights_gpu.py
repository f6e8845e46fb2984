"""GPU pools and EFA, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, vpc
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
_NO_TAINTS: Final[dict[str, Any]] = {"taints": []}
_PLAIN: Final = (ec2.LAUNCH_TEMPLATE.token, {"name": "plain", "instanceType": "m7g.large", "tags": TAGS})
_TWO: Final[dict[str, Any]] = {"subnetIds": ["s-1", "s-2"]}
_GROUPS: Final = "networkInterfaces.0.securityGroups"
_TARGET: Final = "capacityReservationSpecification.capacityReservationTarget"


def _asking(key: str, *values: str) -> dict[str, Any]:
    """A Karpenter pool without taints that asks for this."""
    return {_REQUIREMENTS: [{"key": key, "operator": "In", "values": list(values)}], "spec.template.spec.taints": []}


def _itself(**row: Any) -> dict[str, Any]:
    """The EFA group with its own ingress rule in this form, in place of the one beside it."""
    return {"-efa-in": ..., "efa::ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, **row}]}


def _classic(**row: Any) -> tuple[str, dict[str, Any]]:
    return ec2.SECURITY_GROUP_RULE.token, {"securityGroupId": id_of("efa"), "protocol": "-1", "description": "x", **row}


GPU_SIGHTS: Final = (
    # --- which pools are GPU pools
    Sight(TAINT, "gpu", FAILS, {**_NO_TAINTS, "instanceTypes": ["p5.48xlarge", "m7g.large"]}),
    Sight(TAINT, "gpu", PASSES, {**_NO_TAINTS, "instanceTypes": ["m7g.large"]}),
    Sight(TAINT, "gpu", FAILS, {**_NO_TAINTS, "instanceTypes": ["m7g.large"], "amiType": "AL2023_x86_64_nvidia"}),
    Sight(TAINT, "gpu", PASSES, {**_NO_TAINTS, "instanceTypes": ["m7g.large"], "amiType": "AL2023_ARM_64_STANDARD"}),
    # The type may be in the launch template alone.
    Sight(TAINT, "gpu", FAILS, {**_NO_TAINTS, "instanceTypes": ...}),
    Sight(TAINT, "gpu", PASSES, {**_NO_TAINTS, "instanceTypes": ..., "launchTemplate": ...}),
    Sight(TAINT, "gpu", FAILS, {**_NO_TAINTS, "instanceTypes": ..., "+plain": _PLAIN}),
    Sight(TAINT, "gpu", PASSES, {**_NO_TAINTS, "instanceTypes": ..., "+plain": _PLAIN, "launchTemplate.id": id_of("plain")}),
    Sight(TAINT, "gpu", PASSES, {**_NO_TAINTS, "instanceTypes": ..., "template::instanceType": "m7g.large"}),
    Sight(TAINT, "gpu", OPEN, {**_NO_TAINTS, "instanceTypes": ..., "+plain": _PLAIN, "launchTemplate.id": UNKNOWN}, ids=False),
    Sight(TAINT, "karpenter", FAILS, _asking("karpenter.k8s.aws/instance-gpu-count", "1")),
    Sight(TAINT, "karpenter", FAILS, _asking("karpenter.k8s.aws/instance-accelerator-name", "inferentia")),
    Sight(TAINT, "karpenter", FAILS, _asking("aws.amazon.com/neuron", "1")),
    Sight(TAINT, "karpenter", FAILS, _asking("node.kubernetes.io/instance-type", "m7g.large", "g6.xlarge")),
    Sight(TAINT, "karpenter", PASSES, _asking("node.kubernetes.io/instance-type", "m7g.large")),
    Sight(TAINT, "karpenter", PASSES, _asking("node.kubernetes.io/hostname", "g6.xlarge")),
    Sight(TAINT, "karpenter", FAILS, _asking("karpenter.k8s.aws/instance-family", "m7g", "g6")),
    Sight(TAINT, "karpenter", PASSES, _asking("karpenter.k8s.aws/instance-family", "m7g")),
    Sight(TAINT, "karpenter", PASSES, _asking("team", "p5")),
    *(Sight(TAINT, "karpenter", FAILS, _asking("karpenter.k8s.aws/instance-category", one)) for one in ("g", "p", "trn", "inf")),
    Sight(TAINT, "karpenter", PASSES, _asking("karpenter.k8s.aws/instance-category", "m")),
    Sight(TAINT, "karpenter", PASSES, _asking("tier", "g")),
    # --- how large
    Sight(MAXIMUM, "gpu", PASSES, {"scalingConfig.maxSize": 64}),
    Sight(MAXIMUM, "gpu", FAILS, {"scalingConfig.maxSize": 65}),
    Sight(MAXIMUM, "gpu", PASSES, {"scalingConfig.maxSize": 65, "instanceTypes": ["m7g.large"]}),
    Sight(MAXIMUM, "gpu", PASSES, {"scalingConfig.maxSize": ..., "instanceTypes": ["m7g.large"]}),
    Sight(MAXIMUM, "asg", PASSES, {"maxSize": 65}),
    Sight(MAXIMUM, "karpenter", PASSES, {"spec.limits": {"cpu": "1000"}}),
    Sight(MAXIMUM, "karpenter", FAILS, {"spec.limits": {"memory": "1000Gi"}}),
    Sight(MAXIMUM, "karpenter", PASSES, {"spec.limits": ..., _REQUIREMENTS: []}),
    # --- taints
    Sight(TAINT, "gpu", PASSES, {"taints.0.effect": "NO_EXECUTE"}),
    Sight(TAINT, "gpu", FAILS, {"taints.0.effect": "PREFER_NO_SCHEDULE"}),
    # --- EFA: what counts as "to itself"
    Sight(TALKS, "template", PASSES, _itself(self=True)),
    Sight(TALKS, "template", PASSES, _itself(securityGroups=[id_of("efa")])),
    Sight(TALKS, "template", FAILS, _itself(securityGroups=[id_of("group")])),
    Sight(TALKS, "template", FAILS, _itself(cidrBlocks=["0.0.0.0/0"])),
    Sight(TALKS, "template", FAILS, _itself(self=True, protocol="tcp")),
    Sight(TALKS, "template", PASSES, {"-efa-in": ..., "+in": _classic(type="ingress", self=True)}),
    Sight(TALKS, "template", PASSES, {"-efa-in": ..., "+in": _classic(type="ingress", sourceSecurityGroupId=id_of("efa"))}),
    Sight(TALKS, "template", FAILS, {"-efa-in": ..., "+in": _classic(type="egress", self=True)}),
    Sight(TALKS, "template", FAILS, {"-efa-out": ..., "+out": _classic(type="ingress", self=True)}),
    Sight(TALKS, "template", PASSES, {"-efa-out": ..., "efa::egress": [{"protocol": "-1", "self": True}]}),
    Sight(TALKS, "template", FAILS, {"efa-in::referencedSecurityGroupId": id_of("group")}),
    Sight(TALKS, "template", PASSES, {"networkInterfaces": [{"deviceIndex": 0}], "-efa-in": ...}),
    # Neither id is known, but they are the same unknown's: whoever is a group's own rule names the group itself.
    Sight(TALKS, "template", PASSES, {"efa-in::securityGroupId": "sg-9", "efa-in::referencedSecurityGroupId": "sg-9"}, ids=False),
    Sight(
        TALKS,
        "template",
        OPEN,
        {_GROUPS: ["sg-other"], "-efa": ..., "-efa-in": ..., "-efa-out": ...},
    ),
    Sight(
        TALKS, "template", OPEN, {"-efa-in": ..., "+stray": (vpc.SECURITY_GROUP_INGRESS_RULE.token, {"securityGroupId": UNKNOWN})}
    ),
    Sight(TALKS, "template", FAILS, {_GROUPS: [id_of("group")]}),
    Sight(TALKS, "template", FAILS, {_GROUPS: UNKNOWN, "-efa-in": ...}),
    # --- close together, in one zone
    Sight(CLOSE, "template", PASSES, {"networkInterfaces": [], "placement": ...}),
    Sight(CLOSE, "template", PASSES, {"placement": {"groupId": "pg-1"}}),
    Sight(CLOSE, "template", PASSES, {"placement": ..., _TARGET: {"capacityReservationId": "cr-1"}}),
    Sight(CLOSE, "template", PASSES, {"placement": ..., "instanceMarketOptions": {"marketType": "capacity-block"}}),
    Sight(CLOSE, "template", FAILS, {"placement": ..., "instanceMarketOptions": {"marketType": "spot"}}),
    Sight(ZONE, "gpu", FAILS, _TWO),
    Sight(ZONE, "gpu", PASSES, {**_TWO, "launchTemplate": ...}),
    Sight(ZONE, "gpu", PASSES, {**_TWO, "template::networkInterfaces": []}),
    Sight(ZONE, "gpu", FAILS, {**_TWO, "+plain": _PLAIN}),
    Sight(ZONE, "gpu", PASSES, {**_TWO, "+plain": _PLAIN, "launchTemplate.id": id_of("plain")}),
    Sight(ZONE, "gpu", PASSES, {**_TWO, "+plain": _PLAIN, "launchTemplate": {"name": "plain"}}),
    Sight(ZONE, "gpu", FAILS, {**_TWO, "+plain": _PLAIN, "launchTemplate": {"name": "efa"}, "template::name": "efa"}),
    Sight(ZONE, "gpu", OPEN, {**_TWO, "+plain": _PLAIN, "launchTemplate.id": UNKNOWN}, ids=False),
    Sight(ZONE, "gpu", OPEN, {**_TWO, "+plain": _PLAIN, "launchTemplate": {"name": UNKNOWN}}, ids=False),
    Sight(ZONE, "gpu", FAILS, {**_TWO, "launchTemplate": {"name": UNKNOWN}}, ids=False),
    Sight(ZONE, "gpu", PASSES, {**_TWO, "template::networkInterfaces": [], "launchTemplate.id": UNKNOWN}, ids=False),
    Sight(
        ZONE,
        "gpu",
        PASSES,
        {**_TWO, "+plain": _PLAIN, "template::networkInterfaces": [], "launchTemplate.id": UNKNOWN},
        ids=False,
    ),
    # Of several templates whose ids nobody knows, the one beside the pool is meant.
    Sight(
        ZONE,
        "gpu",
        PASSES,
        {**_TWO, "+plain": _PLAIN, "launchTemplate.id": UNKNOWN},
        ids=False,
        parents={"gpu": "urn:pool", "plain": "urn:pool"},
    ),
    # --- a reservation, and the group that it was made in
    Sight(FITS, "template", FAILS, {"placement": {"groupId": "pg-1"}, "instanceMarketOptions": {"marketType": "capacity-block"}}),
    Sight(FITS, "template", OPEN, {_TARGET: {"capacityReservationId": "cr-1"}}),
    Sight(
        FITS,
        "template",
        PASSES,
        {
            _TARGET: {"capacityReservationId": id_of("inside")},
            "+inside": (ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
            "+outside": (ec2.CAPACITY_RESERVATION.token, {}),
        },
    ),
    Sight(
        FITS,
        "template",
        FAILS,
        {
            _TARGET: {"capacityReservationId": id_of("outside")},
            "+inside": (ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
            "+outside": (ec2.CAPACITY_RESERVATION.token, {}),
        },
    ),
    Sight(
        FITS,
        "template",
        PASSES,
        {
            _TARGET: {"capacityReservationId": UNKNOWN},
            "+inside": (ec2.CAPACITY_RESERVATION.token, {"placementGroupArn": "arn:aws:ec2:us-east-1:1:placement-group/close"}),
        },
        ids=False,
    ),
)
