"""The parts of a pricing rule: `Ask` reads a resource, `Charge` is one term of its bill, `Row` ties a type to its terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from catalog.types.card import Card
from tools.cost.prices import NoPrice, Quote, quote
from tools.cost.purchase import Purchase
from tools.cost.usage import Usage
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block, as_number
from tools.plan.view import UNKNOWN, ResourceView

SHORT_UNITS: Final = {"hour": "h"}
# The services whose instances a savings plan or a reservation may cover.
INSTANCES: Final = ("ec2", "sagemaker")
# A larger number in a plan is taken for a typing error.
_LARGEST: Final = 1e12
_Default = TypeVar("_Default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One term of a bill: `quantity` units a month at `price`; `least` and `most` bound the quantity under autoscaling.

    `one_off` is the (expected, most) quantity of one run of a job; `quantity` is then that of a month's runs.
    """

    label: str
    price: Quote
    quantity: float
    least: float
    most: float
    one_off: tuple[float, float] = (0.0, 0.0)

    def __str__(self) -> str:
        unit = SHORT_UNITS.get(self.price.unit, self.price.unit)
        joint = " x " if unit[0].isdigit() else " "
        span = "" if self.least == self.most else f" ({plain(self.least)} to {plain(self.most)})"
        return f"{self.label} {plain(self.quantity)}{span}{joint}{unit} at ${plain(self.price.usd)}"


class Ask:
    """One resource and all that its price may depend on. `notes` lists assumptions, `gaps` the parts without a price.

    A reading method with `of` reads that part of the resource, or of another one, instead of the whole resource.
    """

    __slots__ = ("block", "gaps", "links", "notes", "purchase", "region", "usage", "view")

    def __init__(self, view: ResourceView, links: LinkedPlan, usage: Usage, region: str, purchase: Purchase) -> None:
        self.view = view
        self.block = Block.of(view)
        self.links = links
        self.purchase = purchase
        self.usage = usage.named(view.name) if usage.overrides else usage
        # pulumi-aws 7: any resource may name a region of its own.
        self.region = self.block.text("region", unknown="") or region
        self.notes: list[str] = []
        self.gaps: list[str] = []

    def charge(
        self,
        service: str,
        dimension: str,
        label: str,
        quantity: float,
        *,
        least: float | None = None,
        most: float | None = None,
        one_off: tuple[float, float] = (0.0, 0.0),
        committed: bool = True,
    ) -> Iterator[Charge]:
        """Yields the charge; where the table has no price, yields none and adds a gap with the reason.

        An instance is discounted by the stack's savings plan or reservation, unless `committed` is false, as for spot.
        """
        try:
            price = quote(service, dimension, self.region)
        except NoPrice as error:
            self.gaps.append(f"{label}: {error}")
            return
        if price.stand_in:
            self.note(f"{dimension}: {price.stand_in}")
        if committed and service in INSTANCES and "." in dimension:
            share, why = self.purchase.of(dimension)
            if share:
                self.note(why)
                price = replace(price, usd=price.usd * (1 - share))
        yield Charge(
            label=label,
            price=price,
            quantity=quantity,
            least=quantity if least is None else least,
            most=quantity if most is None else most,
            one_off=one_off,
        )

    def text(self, path: str, default: str, of: Block | None = None) -> str:
        """The text at `path`; `default` (AWS's own) where it is not set, and with a note where it is not known yet."""
        block = of or self.block
        found = block.text(path, unknown=None)
        return self._assumed(block.full_path(path), default) if found is None else found or default

    def flag(self, path: str, default: bool = False) -> bool:
        """The flag at `path`; `default` (AWS's own) where it is not set, and with a note where it is not known yet."""
        found = self.block.flag(path, default=default, unknown=None)
        return self._assumed(path, default) if found is None else found

    def number(self, path: str, default: float, of: Block | None = None, *, called: str = "") -> float:
        """The number of 0 or more at `path`; `default` (AWS's own) where it is not set.

        `default` is also taken, with a note, where the number is not known yet or is no such number. `called` is the property's
        name in the note, in place of its path.
        """
        block = of or self.block
        called = called or block.full_path(path)
        value = block.value(path, unknown=UNKNOWN)
        if value is UNKNOWN:
            return self._assumed(called, default)
        if value is None:
            return default
        found = as_number(value)
        if found is not None and 0 <= found < _LARGEST:
            return found
        self.note(f"{called} is {value!r:.30}, no number of 0 or more: {default:g} assumed")
        return default

    def items(self, path: str, of: Block | None = None) -> list[Block]:
        """The items of the list at `path` (one value counts as a list of one); none, with a note, where it is not known yet."""
        block = of or self.block
        found = block.items(path, unknown=None)
        return self._assumed(block.full_path(path), []) if found is None else found

    def _assumed(self, called: str, default: _Default) -> _Default:
        self.note(f"{called} unknown until up, {default!r} assumed")
        return default

    def note(self, text: str) -> None:
        """Adds an assumption to the basis of the resource's line, once."""
        if text not in self.notes:
            self.notes.append(text)


Pricer = Callable[[Ask], Iterable[Charge]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a resource type is priced."""

    card: Card
    charges: Pricer


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A charge that depends on no property: `quantity` units, times the assumption named `usage` if any, divided by `per`."""

    service: str
    dimension: str
    label: str
    quantity: float = 1.0
    usage: str = ""
    per: float = 1.0


def flat(card: Card, *terms: Term, note: str = "") -> Row:
    """The row of a type whose price depends only on assumed use."""

    def charges(ask: Ask) -> Iterator[Charge]:
        if note:
            ask.note(note)
        for term in terms:
            used = getattr(ask.usage, term.usage) if term.usage else 1.0
            assumed = " (assumed)" if term.usage and term.usage != "hours" else ""
            yield from ask.charge(term.service, term.dimension, term.label + assumed, term.quantity * used / term.per)

    return Row(card=card, charges=charges)


def plain(number: float) -> str:
    """A number for people: no exponent, at most 6 significant digits below 1, no trailing zeros."""
    text = f"{number:,.4f}" if number >= 1 else f"{number:.8f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
