"""The machines of a plan: their types, how many at the most, and how they are bought. The functions have no effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from catalog.instances import DEFAULT_NODE_TYPE
from catalog.types import autoscaling, ec2, eks, sagemaker
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.relations import ENDPOINT_VARIANTS, configuration_of, has_template, scaling_of, template_of
from tools.plan.view import ResourceView
from tools.preflight.families import ON_DEMAND, SPOT
from tools.preflight.needs import Need, Size, amount, live, need, texts

# The market of capacity that is paid for already: a capacity reservation of one's own, or a capacity block.
RESERVED: Final = "RESERVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The machines of one resource, each of one of `types` (empty where the type is known at `up` only).

    `usage` is the word for the use in the names of SageMaker's quotas, "" for EC2. `start` is how many machines come at once,
    `reservation` the id of the capacity reservation that they come from.
    """

    view: ResourceView
    what: str
    types: tuple[str, ...]
    machines: Need
    market: str = ON_DEMAND
    usage: str = ""
    start: float = 0.0
    template: ResourceView | None = None
    reservation: str = ""

    @property
    def says(self) -> str:
        """The fleet in words: `node group slipway-prod-gpu (4 x g6.12xlarge)`."""
        types = " or ".join(map(str, self.types)) or "machines of a type known at `up` only"
        many = f"{self.machines.total:g} x {types}" if not self.machines.gaps else f"{types}, how many is known at `up` only"
        return f"{self.what} {self.view.name} ({many})"


def fleets(views: list[ResourceView], links: LinkedPlan) -> list[Fleet]:
    """Every fleet of the resources that will exist, in plan order."""
    return [fleet for view in live(views) if view.type in _BY_TYPE for fleet in _BY_TYPE[view.type](view, links)]


def _node_group(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    block, template = Block.of(view), _template(view, links)
    given = texts(block, "instanceTypes")
    types = given or _type_of(template)
    if not types and given == () and not has_template(view):
        types = (DEFAULT_NODE_TYPE,)
    capacity = block.text("capacityType", unknown="")
    yield _ec2(view, "node group", types, lambda one: amount(Block.of(one), "scalingConfig.maxSize", 1), template, capacity)


def _scaling_group(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    template = _template(view, links)
    yield _ec2(view, "scaling group", _type_of(template), lambda one: amount(Block.of(one), "maxSize", 1), template)


def _instance(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    template = _template(view, links)
    yield _ec2(view, "instance", _type_of(view) or _type_of(template), lambda one: 1.0, template)


def _ec2(
    view: ResourceView,
    what: str,
    types: tuple[str, ...],
    size: Size,
    template: ResourceView | None,
    capacity_type: str = "",
) -> Fleet:
    block, bought = Block.of(view), Block.of(template or view)
    reservation = _reservation(bought) or _reservation(block)
    spot = capacity_type == SPOT or bought.text("instanceMarketOptions.marketType", unknown="") == "spot"
    reserved = bool(reservation) or capacity_type == "CAPACITY_BLOCK"
    fewest = amount(block, "scalingConfig.minSize", 0) or 0
    return Fleet(
        view=view,
        what=what,
        types=types,
        machines=need(view, size),
        market=SPOT if spot else RESERVED if reserved else ON_DEMAND,
        start=amount(block, "scalingConfig.desiredSize", fewest) or 0.0,
        template=template,
        reservation=reservation,
    )


def _template(view: ResourceView, links: LinkedPlan) -> ResourceView | None:
    """The launch template of a resource; None where the plan has none."""
    return template_of(links, view).best


def _type_of(view: ResourceView | None) -> tuple[str, ...]:
    """The instance type that a resource names, as a tuple; empty where none is known."""
    return (texts(Block.of(view), "instanceType") if view else None) or ()


def _reservation(block: Block) -> str:
    return block.text("capacityReservationSpecification.capacityReservationTarget.capacityReservationId", unknown="")


def _training_job(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    block = Block.of(view)
    spot = block.flag("enableManagedSpotTraining", unknown=False)
    yield Fleet(
        view=view,
        what="training job",
        types=texts(block, "resourceConfig.instanceType") or (),
        # A job that exists already has run. Only a job that the change makes takes machines, and only while it runs.
        machines=need(view, lambda one: amount(Block.of(one), "resourceConfig.instanceCount", 1), kept=False),
        market=SPOT if spot else ON_DEMAND,
        usage="spot training job usage" if spot else "training job usage",
    )


def _endpoint(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    configuration = configuration_of(links, view).best
    if configuration is None:
        return
    variants = Block.of(configuration).items(ENDPOINT_VARIANTS[0], unknown=[])
    for variant in variants:
        if variant.given("serverlessConfig"):
            continue
        first = amount(variant, "initialInstanceCount", 1)
        name = variant.text("variantName", unknown="")
        most = _most(view, name, len(variants), links)
        total = None if first is None or most is None else max(first, most)
        changed = view.op == "update" and configuration.op in ("create", "replace")
        machines = need(view, _always(total))
        if changed and first is not None:
            # SageMaker starts a new configuration's instances beside the old ones, so both count for a while.
            machines = Need(total=machines.total, added=first, by=machines.by, gaps=machines.gaps)
        types = texts(variant, "instanceType") or ()
        what = f"variant {name} of endpoint" if name else "endpoint"
        yield Fleet(view=view, what=what, types=types, machines=machines, usage="endpoint usage", start=first or 0.0)


def _always(many: float | None) -> Size:
    return lambda _: many


def _most(endpoint: ResourceView, variant: str, of: int, links: LinkedPlan) -> float | None:
    """The maximum of a variant's autoscaling; 0 where nothing scales the variant, None where the maximum is not known."""
    target = scaling_of(links, endpoint, variant, of)
    return amount(Block.of(target), "maxCapacity", 0) if target else 0.0


def _notebook(view: ResourceView, links: LinkedPlan) -> Iterator[Fleet]:
    yield Fleet(
        view=view,
        what="notebook",
        types=_type_of(view),
        machines=need(view, lambda one: 1.0),
        usage="notebook instance usage",
        start=1.0,
    )


_BY_TYPE: Final[dict[str, Callable[[ResourceView, LinkedPlan], Iterator[Fleet]]]] = {
    eks.NODE_GROUP.token: _node_group,
    autoscaling.GROUP.token: _scaling_group,
    ec2.INSTANCE.token: _instance,
    sagemaker.ENDPOINT.token: _endpoint,
    sagemaker.NOTEBOOK_INSTANCE.token: _notebook,
    sagemaker.TRAINING_JOB.token: _training_job,
}
