"""The machines of a plan: which types, how many at the most, how they are bought, where they may stand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tools.plan.links import Links
from tools.plan.view import ResourceView
from tools.preflight.families import ON_DEMAND, SPOT
from tools.preflight.needs import Need, Size, items, live, need, number, plain, text

NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"
SCALING_GROUP: Final = "aws:autoscaling/group:Group"
INSTANCE: Final = "aws:ec2/instance:Instance"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
ENDPOINT: Final = "aws:sagemaker/endpoint:Endpoint"
CONFIGURATION: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
TARGET: Final = "aws:appautoscaling/target:Target"
NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
TRAINING_JOB: Final = "pulumi-python:dynamic/sagemaker:TrainingJob"
# How capacity that is paid for already is bought: a reservation of one's own, or a capacity block.
RESERVED: Final = "RESERVED"
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html: when no type is given.
DEFAULT_NODE_TYPE: Final = "t3.medium"
INSTANCE_COUNT: Final = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Machines that come from one resource; each is of one of `types` (none: known at `up` only).

    `usage` is the word that SageMaker's quotas have for it, "" of EC2. `start` is how many come at once, `reservation` an id.
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
        """`node group slipway-prod-gpu (4 x g6.12xlarge)`."""
        types = " or ".join(self.types) or "machines of a type known at `up` only"
        many = f"{self.machines.total:g} x {types}" if not self.machines.gaps else f"{types}, how many is known at `up` only"
        return f"{self.what} {self.view.name} ({many})"


def fleets(views: list[ResourceView], links: Links) -> list[Fleet]:
    """Every fleet of what will be there, in plan order."""
    return [fleet for view in live(views) if view.type in _BY_TYPE for fleet in _BY_TYPE[view.type](view, links)]


def _node_group(view: ResourceView, links: Links) -> Iterator[Fleet]:
    template = _template(view, links, view.get("launchTemplate.id", view.get("launchTemplate.name")))
    given = items(view, "instanceTypes")
    types = _texts(given) or (_texts([template.get("instanceType")]) if template else ())
    if not types and given == [] and not _names_template(view):
        types = (DEFAULT_NODE_TYPE,)
    yield _ec2(view, "node group", types, lambda one: number(one, "scalingConfig.maxSize", 1), template, view.get("capacityType"))


def _scaling_group(view: ResourceView, links: Links) -> Iterator[Fleet]:
    template = _template(view, links, view.get("launchTemplate.id", view.get("launchTemplate.name")))
    types = _texts([template.get("instanceType")]) if template else ()
    yield _ec2(view, "scaling group", types, lambda one: number(one, "maxSize", 1), template, None)


def _instance(view: ResourceView, links: Links) -> Iterator[Fleet]:
    template = _template(view, links, view.get("launchTemplate.id", view.get("launchTemplate.name")))
    types = _texts([view.get("instanceType")]) or (_texts([template.get("instanceType")]) if template else ())
    yield _ec2(view, "instance", types, lambda one: 1.0, template, None)


def _ec2(
    view: ResourceView,
    what: str,
    types: tuple[str, ...],
    size: Size,
    template: ResourceView | None,
    capacity_type: Any,
) -> Fleet:
    bought = template or view
    reservation = _reservation(bought) or _reservation(view)
    spot = capacity_type == SPOT or bought.get("instanceMarketOptions.marketType") == "spot"
    reserved = bool(reservation) or capacity_type == "CAPACITY_BLOCK"
    return Fleet(
        view=view,
        what=what,
        types=types,
        machines=need(view, size),
        market=SPOT if spot else RESERVED if reserved else ON_DEMAND,
        start=number(view, "scalingConfig.desiredSize", number(view, "scalingConfig.minSize", 0) or 0) or 0.0,
        template=template,
        reservation=reservation,
    )


def _template(view: ResourceView, links: Links, named: Any) -> ResourceView | None:
    """The launch template, where the plan has it: by its id, or, while that is unknown, the one beside it."""
    if not _names_template(view):
        return None
    return links.named(TEMPLATE, named) if isinstance(named, str) else links.find(view, TEMPLATE, named)


def _names_template(view: ResourceView) -> bool:
    return view.get("launchTemplate") is not None


def _reservation(view: ResourceView) -> str:
    path = "capacityReservationSpecification.capacityReservationTarget.capacityReservationId"
    found = view.get(path)
    return found if isinstance(found, str) else ""


def _training_job(view: ResourceView, links: Links) -> Iterator[Fleet]:
    spot = plain(view.get("enableManagedSpotTraining", False)) is True
    yield Fleet(
        view=view,
        what="training job",
        types=_texts([view.get("resourceConfig.instanceType")]),
        # A job that is there has run: only what is made now takes machines, and while it runs.
        machines=need(view, lambda one: number(one, "resourceConfig.instanceCount", 1), kept=False),
        market=SPOT if spot else ON_DEMAND,
        usage="spot training job usage" if spot else "training job usage",
    )


def _endpoint(view: ResourceView, links: Links) -> Iterator[Fleet]:
    named = view.get("endpointConfigName")
    configuration = links.named(CONFIGURATION, named) if isinstance(named, str) else links.find(view, CONFIGURATION, named)
    if configuration is None:
        return
    variants = [item for item in items(configuration, "productionVariants") or () if isinstance(item, dict)]
    for variant in variants:
        if variant.get("serverlessConfig"):
            continue
        asked = ResourceView(type=view.type, name=view.name, props=variant, op=view.op)
        first = number(asked, "initialInstanceCount", 1)
        name = text(asked, "variantName") or ""
        most = _most(view, name, len(variants), links)
        total = None if first is None or most is None else max(first, most)
        changed = view.op == "update" and configuration.op in ("create", "replace")
        machines = need(asked, _always(total), says=view.name)
        if changed and first is not None:
            # A new configuration is brought up beside the old one: as many again, for a while.
            machines = Need(total=machines.total, added=first, by=machines.by, gaps=machines.gaps)
        types = _texts([variant.get("instanceType")])
        what = f"variant {name} of endpoint" if name else "endpoint"
        yield Fleet(view=view, what=what, types=types, machines=machines, usage="endpoint usage", start=first or 0.0)


def _always(many: float | None) -> Size:
    return lambda _: many


def _most(endpoint: ResourceView, variant: str, of: int, links: Links) -> float | None:
    """How far autoscaling may go; 0 where nothing scales it, None where that is not known."""
    for target in links.siblings(endpoint, TARGET) or links.of(TARGET):
        if target.get("scalableDimension") == INSTANCE_COUNT and _scales(target, endpoint, variant, of):
            return number(target, "maxCapacity", 0)
    return 0.0


def _scales(target: ResourceView, endpoint: ResourceView, variant: str, of: int) -> bool:
    resource = target.get("resourceId")
    if isinstance(resource, str):
        names = {endpoint.name, endpoint.id, endpoint.get("name"), endpoint.outputs.get("name")}
        return any(resource == f"endpoint/{name}/variant/{variant}" for name in names if isinstance(name, str))
    # Its id names the endpoint, unknown until up: a sibling that is for the only variant, or that names this one.
    return target.parent == endpoint.parent and (of == 1 or variant.lower() in target.name.lower())


def _notebook(view: ResourceView, links: Links) -> Iterator[Fleet]:
    types = _texts([view.get("instanceType")])
    yield Fleet(
        view=view, what="notebook", types=types, machines=need(view, lambda one: 1.0), usage="notebook instance usage", start=1.0
    )


def _texts(values: Any) -> tuple[str, ...]:
    """The texts of a list, each once; nothing where one of them is not known."""
    given = [plain(value) for value in values or ()]
    return tuple(dict.fromkeys(given)) if given and all(isinstance(value, str) and value for value in given) else ()


_BY_TYPE: Final[dict[str, Callable[[ResourceView, Links], Iterator[Fleet]]]] = {
    NODE_GROUP: _node_group,
    SCALING_GROUP: _scaling_group,
    INSTANCE: _instance,
    ENDPOINT: _endpoint,
    NOTEBOOK: _notebook,
    TRAINING_JOB: _training_job,
}
