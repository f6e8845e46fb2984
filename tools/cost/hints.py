"""Hints at what would cost less and do the same: at most one hint a line of the report, from the same prices.

A pool with EFA, a reservation or a capacity block gets no hint to change its type or market, and an instance that a commitment
pays for anyway gets none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from catalog.instances import SAGEMAKER_PREFIX
from catalog.services import GATEWAY_SERVICES
from catalog.types import ec2, eks, sagemaker, scheduler
from tools.cost.estimate import live, monthly_usd
from tools.cost.machines import Machine, cheapest
from tools.cost.prices import table
from tools.cost.purchase import Purchase
from tools.cost.report import CostReport, Hint, Line, rounded
from tools.cost.usage import Usage
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.relations import ENDPOINT_VARIANTS, configuration_of, template_of
from tools.plan.view import Plan, ResourceView

# Only this many of the largest lines get hints.
_LARGEST: Final = 10
# A saving below either of these is too little to change a stack for.
LEAST_USD: Final = 1.0
LEAST_SHARE: Final = 0.02
# 12 hours on 22 working days.
WORKING_HOURS: Final = 264.0
# Token -> how a resource that is charged by the hour is stopped at night.
_STOPPED: Final = {
    eks.NODE_GROUP.token: "set its sizes to 0 by a schedule",
    ec2.INSTANCE.token: "stop it by a schedule",
    sagemaker.ENDPOINT.token: "delete it in the evening and bring it up in the morning",
    sagemaker.NOTEBOOK_INSTANCE.token: "stop it in the evening",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of the report, its resource, and everything that a hint may depend on."""

    view: ResourceView
    line: Line
    views: list[ResourceView]
    links: LinkedPlan
    usage: Usage
    region: str
    purchase: Purchase
    machines: Mapping[str, Machine]
    production: bool

    @property
    def block(self) -> Block:
        """The resource's properties."""
        return Block.of(self.view)

    def text(self, path: str) -> str:
        """The text at `path` of the resource; "" where none is known."""
        return self.block.text(path, unknown="")

    def saving(self, view: ResourceView, usage: Usage | None = None, links: LinkedPlan | None = None) -> float:
        """The USD a month saved with `view` in the resource's place; 0 where `view` has no price."""
        then = monthly_usd(view, links or self.links, usage or self.usage, self.region, self.purchase)
        return 0.0 if then is None else self.line.monthly_usd - then

    def changed(self, **props: Any) -> ResourceView:
        """The resource with some properties changed."""
        return replace(self.view, props={**self.view.props, **props})

    def committed(self, instance: str) -> bool:
        """Whether a savings plan or a reservation pays for an instance type anyway."""
        return self.purchase.of(instance)[0] > 0


def hints(
    plan: Plan, report: CostReport, machines: Mapping[str, Machine], *, purchase: Purchase | None = None, production: bool = True
) -> tuple[Hint, ...]:
    """The best hint for each of the largest lines of `report`, which is the cost of `plan`; largest saving first.

    `machines` are EC2 instance types by name. A `production` stack gets no hint that would cost it hours or a zone.
    """
    views = live(plan)
    links = LinkedPlan(views)
    found = []
    for line in report.largest[:_LARGEST]:
        view = plan.by_urn(line.urn)
        if view is None:
            continue
        case = Case(
            view=view,
            line=line,
            views=views,
            links=links,
            usage=report.usage,
            region=Block.of(view).text("region", unknown="") or report.region,
            purchase=purchase or Purchase(),
            machines=machines,
            production=production,
        )
        of_line = [
            Hint(urn=line.urn, saves_usd=rounded(usd), message=message)
            for ask in ASKED.get(line.type, ())
            for usd, message in ask(case)
            if usd >= max(LEAST_USD, LEAST_SHARE * line.monthly_usd)
        ]
        found += [max(of_line, key=lambda hint: hint.saves_usd)] if of_line else []
    return tuple(sorted(found, key=lambda hint: -hint.saves_usd))


Found = Iterator[tuple[float, str]]


def _node_group_type(case: Case) -> Found:
    template = _template(case)
    types = _names(case.block, "instanceTypes") or (_names(template, "instanceType") if template else [])
    # A group with several types gets no hint: it can draw on several markets, and one cheaper type could not.
    if len(types) == 1 and not _bound(case.block, template):
        yield from _another(case, types[0], "ec2", lambda other: case.saving(case.changed(instanceTypes=[other])))


def _instance_type(case: Case) -> Found:
    own, bound = case.text("instanceType"), _bound(case.block, case.block)
    if own and not bound:
        yield from _another(case, own, "ec2", lambda other: case.saving(case.changed(instanceType=other)))


def _notebook_type(case: Case) -> Found:
    if own := case.text("instanceType"):
        yield from _another(case, own, "sagemaker", lambda other: case.saving(case.changed(instanceType=other)))


def _variant_type(case: Case) -> Found:
    configuration = configuration_of(case.links, case.view).best
    if configuration is None:
        return
    variants = Block.of(configuration).items(ENDPOINT_VARIANTS[0], unknown=[])
    for number, variant in enumerate(variants):
        own = variant.text("instanceType", unknown="")
        if not own:
            continue

        def saving(other: str, number: int = number) -> float:
            given = [item.value(unknown={}) for item in variants]
            given[number] = {**given[number], "instanceType": other}
            changed = replace(configuration, props={**configuration.props, ENDPOINT_VARIANTS[0]: given})
            return case.saving(case.view, links=LinkedPlan([changed if view is configuration else view for view in case.views]))

        yield from _another(case, own, "sagemaker", saving)


def _another(case: Case, own: str, service: str, saving: Callable[[str], float]) -> Found:
    best = None if case.committed(own) else cheapest(own, service, case.region, case.machines)
    if best:
        facts = case.machines[best.removeprefix(SAGEMAKER_PREFIX)]
        cards = f", {facts.accelerators} x {facts.accelerator}" if facts.accelerators else ""
        yield (
            saving(best),
            f"{best} instead of {own} has {facts.vcpus} vCPU, {facts.memory_gib:g} GiB{cards} on {facts.architecture} as well; "
            "processors differ, so measure first",
        )


def _spot(case: Case) -> Found:
    """Suggests spot for a pool that may be empty (minSize 0), whose work can therefore lose a node."""
    types = _names(case.block, "instanceTypes")
    if len(types) != 1 or _bound(case.block, _template(case)):
        return
    free = _may_be_empty(case) and (case.text("capacityType") or "ON_DEMAND") == "ON_DEMAND"
    if free and ("ec2-spot", types[0], case.region) in table() and not case.committed(types[0]):
        saved = case.saving(case.changed(capacityType="SPOT"))
        yield (
            saved,
            f"capacityType SPOT: the pool may be empty (minSize 0), and {types[0]} was once seen at this price",
        )


def _may_be_empty(case: Case) -> bool:
    return case.block.number("scalingConfig.minSize", unknown=None) == 0


def _night(case: Case) -> Found:
    usage = case.usage.named(case.view.name)
    if case.production or usage.instance_hours <= WORKING_HOURS or any(map(case.committed, _types(case))):
        return
    if case.text("capacityType") == "CAPACITY_BLOCK" or _reserved(_template(case)):
        return
    if case.view.type == eks.NODE_GROUP.token and case.links.siblings(case.view, scheduler.SCHEDULE):
        return
    may_be_empty = case.view.type == eks.NODE_GROUP.token and _may_be_empty(case)
    saved = case.saving(case.view, replace(usage, instance_hours=WORKING_HOURS, overrides={}))
    yield (
        saved,
        f"off at night and on weekends it runs {WORKING_HOURS:g} hours of {usage.instance_hours:g}"
        + (
            ": slipway:cost.workingHours sees to that"
            if may_be_empty
            else f"; nothing does that by itself: {_STOPPED[case.view.type]}, and say so in slipway:cost.usage.instanceHours"
        ),
    )


def _types(case: Case) -> list[str]:
    """The instance types that the resource names, as far as they are known."""
    template = _template(case)
    found = [*_names(case.block, "instanceTypes"), *_names(case.block, "instanceType")]
    found += _names(template, "instanceType") if template else []
    configuration = configuration_of(case.links, case.view).best if case.view.type == sagemaker.ENDPOINT.token else None
    for variant in Block.of(configuration).items(ENDPOINT_VARIANTS[0], unknown=[]) if configuration else []:
        found += _names(variant, "instanceType")
    return found


def _names(block: Block, path: str) -> list[str]:
    """The texts of a list, or the one text in its place, as far as they are known."""
    return [text for item in block.items(path, unknown=[]) if (text := item.text(unknown=""))]


def _gateway(case: Case) -> Found:
    """Suggests a gateway endpoint, which takes the traffic to S3 off the NAT gateway at no charge."""
    there = {_service(view) for view in case.views if view.type == ec2.VPC_ENDPOINT.token and _is_gateway(view)}
    if "s3" not in there and None not in there:
        saved = case.saving(case.view, replace(case.usage.named(case.view.name), nat_gb=0.0, overrides={}))
        yield saved, "a gateway endpoint for S3 costs nothing; this much at most is saved, where all that goes through is S3's"


def _one_nat(case: Case) -> Found:
    others = [view for view in case.views if view.type == ec2.NAT_GATEWAY.token]
    if not case.production and len(others) > 1 and case.view is not others[0]:
        saved = case.saving(case.view, replace(case.usage.named(case.view.name), hours=0.0, overrides={}))
        yield saved, "one NAT gateway (slipway:network.nat: single) does for all zones, where one zone may cut the others off"


def _interface(case: Case) -> Found:
    service = _service(case.view)
    if service in GATEWAY_SERVICES and case.text("vpcEndpointType") == "Interface":
        yield case.line.monthly_usd, f"a gateway endpoint for {service} costs nothing; only peers outside the VPC need this one"


def _service(endpoint: ResourceView) -> str | None:
    """The service of an endpoint, such as `s3` of `com.amazonaws.us-east-1.s3`; None where it is not known yet."""
    name = Block.of(endpoint).text("serviceName", unknown="")
    return name.rpartition(".")[2] if name else None


def _is_gateway(endpoint: ResourceView) -> bool:
    return (Block.of(endpoint).text("vpcEndpointType", unknown="unknown") or "Gateway") == "Gateway"


def _template(case: Case) -> Block | None:
    found = template_of(case.links, case.view).best
    return Block.of(found) if found else None


def _bound(block: Block, template: Block | None) -> bool:
    """Whether a resource cannot use other instances: it has EFA, a reservation, a capacity block, or a market chosen already."""
    if (block.text("capacityType", unknown="unknown") or "ON_DEMAND") != "ON_DEMAND":
        return True
    if template is None:
        return False
    interfaces = template.items("networkInterfaces", unknown=None)
    kinds = {item.text("interfaceType", unknown="unknown") or "interface" for item in interfaces or []}
    return interfaces is None or bool(kinds - {"interface"}) or _reserved(template)


def _reserved(template: Block | None) -> bool:
    keys = ("capacityReservationSpecification", "instanceMarketOptions")
    return template is not None and any(template.given(key) for key in keys)


ASKED: Final[dict[str, tuple[Callable[[Case], Found], ...]]] = {
    eks.NODE_GROUP.token: (_node_group_type, _spot, _night),
    ec2.INSTANCE.token: (_instance_type, _night),
    sagemaker.ENDPOINT.token: (_variant_type, _night),
    sagemaker.NOTEBOOK_INSTANCE.token: (_notebook_type, _night),
    ec2.NAT_GATEWAY.token: (_gateway, _one_nat),
    ec2.VPC_ENDPOINT.token: (_interface,),
}
