"""How a resource asks for its price: `Ask` reads it, `Charge` is one term of its bill, `Row` ties a type to its terms."""

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


# A larger number is a slip.
_LARGEST: Final = 1e12
_Default = TypeVar("_Default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One term of a bill: `quantity` units a month at `price`; `least` and `most` bound it under autoscaling.

    `one_off` is the (expected, most) quantity of one run, for what runs and ends; `quantity` then holds a month's runs.
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
    """One resource and all that its price may depend on; `notes` keeps what had to be assumed, `gaps` what has no price.

    Where `of` is given, a property is read from that part of this or of another resource.
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
        """The charge, or none and a gap with the reason when the table has no price.

        An instance is discounted as it was bought, unless it is not `committed`: no plan or reservation covers spot.
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
        """A text at `path`; where none is known, `default` (AWS's own), with a note if it is unknown."""
        block = of or self.block
        found = block.text(path, unknown=None)
        return self._assumed(block.full_path(path), default) if found is None else found or default

    def flag(self, path: str, default: bool = False) -> bool:
        """A flag at `path`; where none is known, `default` (AWS's own), with a note if it is unknown."""
        found = self.block.flag(path, default=default, unknown=None)
        return self._assumed(path, default) if found is None else found

    def number(self, path: str, default: float, of: Block | None = None, *, called: str = "") -> float:
        """A number of 0 or more at `path`; `default` (AWS's own) where there is none, with a note where it is unknown or no such
        number. `called` is what the note calls the property, in place of its path."""
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
        """The items of a list at `path` (one value counts as a list of one); none, with a note, where it is unknown."""
        block = of or self.block
        found = block.items(path, unknown=None)
        return self._assumed(block.full_path(path), []) if found is None else found

    def _assumed(self, called: str, default: _Default) -> _Default:
        self.note(f"{called} unknown until up, {default!r} assumed")
        return default

    def note(self, text: str) -> None:
        """Says an assumption in the line's basis, once."""
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
    """A charge that needs no property: `quantity` units, times the assumption named `usage` when there is one, over `per`."""

    service: str
    dimension: str
    label: str
    quantity: float = 1.0
    usage: str = ""
    per: float = 1.0


def flat(card: Card, *terms: Term, note: str = "") -> Row:
    """A type whose price follows from its being there and from assumed use alone."""

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
