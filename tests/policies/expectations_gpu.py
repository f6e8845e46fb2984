"""Expected verdicts on GPU pools and EFA."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, vpc
from tests.policies.case import Change, added, of, removed, set_, unknown, without
from tests.policies.expectation import FAILS, PASSES, UNDECIDED, Expect
from tests.policies.parts import TAGS, id_of
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
    """The EFA group with an ingress rule among its own properties, in the place of the separate resource."""
    return (of("efa-in", removed()), of("efa", set_("ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, **row}])))


def _classic(**row: Any) -> tuple[str, dict[str, Any]]:
    return ec2.SECURITY_GROUP_RULE.token, {"securityGroupId": id_of("efa"), "protocol": "-1", "description": "x", **row}


GPU_EXPECTATIONS: Final = (
    # --- which pools are GPU pools
    Expect(TAINT, "gpu", FAILS, *_NO_TAINTS, set_("instanceTypes", ["p5.48xlarge", "m7g.large"])),
    Expect(TAINT, "gpu", PASSES, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"])),
    Expect(TAINT, "gpu", FAILS, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"]), set_("amiType", "AL2023_x86_64_nvidia")),
    Expect(TAINT, "gpu", PASSES, *_NO_TAINTS, set_("instanceTypes", ["m7g.large"]), set_("amiType", "AL2023_ARM_64_STANDARD")),
    # The launch template may be the only place that names the instance type.
    Expect(TAINT, "gpu", FAILS, *_NO_TAINTS, without("instanceTypes")),
    Expect(TAINT, "gpu", PASSES, *_NO_TAINTS, without("instanceTypes"), without("launchTemplate")),
    Expect(TAINT, "gpu", FAILS, *_NO_TAINTS, without("instanceTypes"), of("plain", added(*_PLAIN))),
    Expect(
        TAINT,
        "gpu",
        PASSES,
        *_NO_TAINTS,
        without("instanceTypes"),
        of("plain", added(*_PLAIN)),
        set_("launchTemplate.id", id_of("plain")),
    ),
    Expect(TAINT, "gpu", PASSES, *_NO_TAINTS, without("instanceTypes"), of("template", set_("instanceType", "m7g.large"))),
    Expect(
        TAINT,
        "gpu",
        UNDECIDED,
        *_NO_TAINTS,
        without("instanceTypes"),
        of("plain", added(*_PLAIN)),
        unknown("launchTemplate.id"),
        ids=False,
    ),
    Expect(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-gpu-count", "1")),
    Expect(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-accelerator-name", "inferentia")),
    Expect(TAINT, "karpenter", FAILS, *_asking("aws.amazon.com/neuron", "1")),
    Expect(TAINT, "karpenter", FAILS, *_asking("node.kubernetes.io/instance-type", "m7g.large", "g6.xlarge")),
    Expect(TAINT, "karpenter", PASSES, *_asking("node.kubernetes.io/instance-type", "m7g.large")),
    Expect(TAINT, "karpenter", PASSES, *_asking("node.kubernetes.io/hostname", "g6.xlarge")),
    Expect(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-family", "m7g", "g6")),
    Expect(TAINT, "karpenter", PASSES, *_asking("karpenter.k8s.aws/instance-family", "m7g")),
    Expect(TAINT, "karpenter", PASSES, *_asking("team", "p5")),
    *(
        Expect(TAINT, "karpenter", FAILS, *_asking("karpenter.k8s.aws/instance-category", one))
        for one in ("g", "p", "trn", "inf")
    ),
    Expect(TAINT, "karpenter", PASSES, *_asking("karpenter.k8s.aws/instance-category", "m")),
    Expect(TAINT, "karpenter", PASSES, *_asking("tier", "g")),
    # --- how large a pool may grow
    Expect(MAXIMUM, "gpu", PASSES, set_("scalingConfig.maxSize", 64)),
    Expect(MAXIMUM, "gpu", FAILS, set_("scalingConfig.maxSize", 65)),
    Expect(MAXIMUM, "gpu", PASSES, set_("scalingConfig.maxSize", 65), set_("instanceTypes", ["m7g.large"])),
    Expect(MAXIMUM, "gpu", PASSES, without("scalingConfig.maxSize"), set_("instanceTypes", ["m7g.large"])),
    Expect(MAXIMUM, "asg", PASSES, set_("maxSize", 65)),
    Expect(MAXIMUM, "karpenter", PASSES, set_("spec.limits", {"cpu": "1000"})),
    Expect(MAXIMUM, "karpenter", FAILS, set_("spec.limits", {"memory": "1000Gi"})),
    Expect(MAXIMUM, "karpenter", PASSES, without("spec.limits"), set_(_REQUIREMENTS, [])),
    # --- taints
    Expect(TAINT, "gpu", PASSES, set_("taints.0.effect", "NO_EXECUTE")),
    Expect(TAINT, "gpu", FAILS, set_("taints.0.effect", "PREFER_NO_SCHEDULE")),
    # --- EFA: what counts as "to itself"
    Expect(TALKS, "template", PASSES, *_itself(self=True)),
    Expect(TALKS, "template", PASSES, *_itself(securityGroups=[id_of("efa")])),
    Expect(TALKS, "template", FAILS, *_itself(securityGroups=[id_of("group")])),
    Expect(TALKS, "template", FAILS, *_itself(cidrBlocks=["0.0.0.0/0"])),
    Expect(TALKS, "template", FAILS, *_itself(self=True, protocol="tcp")),
    Expect(TALKS, "template", PASSES, of("efa-in", removed()), of("in", added(*_classic(type="ingress", self=True)))),
    Expect(
        TALKS,
        "template",
        PASSES,
        of("efa-in", removed()),
        of("in", added(*_classic(type="ingress", sourceSecurityGroupId=id_of("efa")))),
    ),
    Expect(TALKS, "template", FAILS, of("efa-in", removed()), of("in", added(*_classic(type="egress", self=True)))),
    Expect(TALKS, "template", FAILS, of("efa-out", removed()), of("out", added(*_classic(type="ingress", self=True)))),
    Expect(TALKS, "template", PASSES, of("efa-out", removed()), of("efa", set_("egress", [{"protocol": "-1", "self": True}]))),
    Expect(TALKS, "template", FAILS, of("efa-in", set_("referencedSecurityGroupId", id_of("group")))),
    Expect(TALKS, "template", PASSES, set_("networkInterfaces", [{"deviceIndex": 0}]), of("efa-in", removed())),
    # The rule names the id of a group that the plan does not know, twice the same one: the rule refers to its own group.
    Expect(
        TALKS,
        "template",
        PASSES,
        of("efa-in", set_("securityGroupId", "sg-9")),
        of("efa-in", set_("referencedSecurityGroupId", "sg-9")),
        ids=False,
    ),
    Expect(
        TALKS,
        "template",
        UNDECIDED,
        set_(_GROUPS, ["sg-other"]),
        of("efa", removed()),
        of("efa-in", removed()),
        of("efa-out", removed()),
    ),
    Expect(
        TALKS,
        "template",
        UNDECIDED,
        of("efa-in", removed()),
        of("stray", added(vpc.SECURITY_GROUP_INGRESS_RULE.token, {"securityGroupId": UNKNOWN})),
    ),
    Expect(TALKS, "template", FAILS, set_(_GROUPS, [id_of("group")])),
    Expect(TALKS, "template", FAILS, unknown(_GROUPS), of("efa-in", removed())),
    # --- close together, in one zone
    Expect(CLOSE, "template", PASSES, set_("networkInterfaces", []), without("placement")),
    Expect(CLOSE, "template", PASSES, set_("placement", {"groupId": "pg-1"})),
    Expect(CLOSE, "template", PASSES, without("placement"), set_(_TARGET, {"capacityReservationId": "cr-1"})),
    Expect(CLOSE, "template", PASSES, without("placement"), set_("instanceMarketOptions", {"marketType": "capacity-block"})),
    Expect(CLOSE, "template", FAILS, without("placement"), set_("instanceMarketOptions", {"marketType": "spot"})),
    Expect(ZONE, "gpu", FAILS, *_TWO),
    Expect(ZONE, "gpu", PASSES, *_TWO, without("launchTemplate")),
    Expect(ZONE, "gpu", PASSES, *_TWO, of("template", set_("networkInterfaces", []))),
    Expect(ZONE, "gpu", FAILS, *_TWO, of("plain", added(*_PLAIN))),
    Expect(ZONE, "gpu", PASSES, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate.id", id_of("plain"))),
    Expect(ZONE, "gpu", PASSES, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate", {"name": "plain"})),
    Expect(
        ZONE,
        "gpu",
        FAILS,
        *_TWO,
        of("plain", added(*_PLAIN)),
        set_("launchTemplate", {"name": "efa"}),
        of("template", set_("name", "efa")),
    ),
    Expect(ZONE, "gpu", UNDECIDED, *_TWO, of("plain", added(*_PLAIN)), unknown("launchTemplate.id"), ids=False),
    Expect(ZONE, "gpu", UNDECIDED, *_TWO, of("plain", added(*_PLAIN)), set_("launchTemplate", {"name": UNKNOWN}), ids=False),
    Expect(ZONE, "gpu", FAILS, *_TWO, set_("launchTemplate", {"name": UNKNOWN}), ids=False),
    Expect(ZONE, "gpu", PASSES, *_TWO, of("template", set_("networkInterfaces", [])), unknown("launchTemplate.id"), ids=False),
    Expect(
        ZONE,
        "gpu",
        PASSES,
        *_TWO,
        of("plain", added(*_PLAIN)),
        of("template", set_("networkInterfaces", [])),
        unknown("launchTemplate.id"),
        ids=False,
    ),
    # Of several templates whose ids are not known yet, the pool uses the one under its own parent.
    Expect(
        ZONE,
        "gpu",
        PASSES,
        *_TWO,
        of("plain", added(*_PLAIN)),
        unknown("launchTemplate.id"),
        ids=False,
        parents={"gpu": "urn:pool", "plain": "urn:pool"},
    ),
    # --- a capacity reservation, and the placement group that it was made in
    Expect(
        FITS,
        "template",
        FAILS,
        set_("placement", {"groupId": "pg-1"}),
        set_("instanceMarketOptions", {"marketType": "capacity-block"}),
    ),
    Expect(FITS, "template", UNDECIDED, set_(_TARGET, {"capacityReservationId": "cr-1"})),
    Expect(
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
    Expect(
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
    Expect(
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
