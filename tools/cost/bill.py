"""How a resource asks for its price: `Ask` reads it, `Charge` is one term of its bill, `Row` ties a type to its terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tools.cost.prices import NoPrice, Quote, quote
from tools.cost.purchase import Purchase
from tools.cost.usage import Usage
from tools.plan.links import Links
from tools.plan.view import UNKNOWN, ResourceView, Secret

SHORT_UNITS: Final = {"hour": "h"}
# The services whose instances a savings plan or a reservation may cover.
INSTANCES: Final = ("ec2", "sagemaker")


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
    """One resource and all that its price may depend on; `notes` keeps what had to be assumed, `gaps` what has no price."""

    __slots__ = ("gaps", "links", "notes", "purchase", "region", "usage", "view")

    def __init__(self, view: ResourceView, links: Links, usage: Usage, region: str, purchase: Purchase) -> None:
        own = view.get("region")  # pulumi-aws 7: any resource may name a region of its own
        self.view = view
        self.links = links
        self.purchase = purchase
        self.usage = usage.named(view.name) if usage.overrides else usage
        self.region: str = own if isinstance(own, str) else region
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

    def value(self, path: str, default: Any, of: ResourceView | None = None) -> Any:
        """The property at `path`; an unknown one is `default` with a note, an absent one is `default` (AWS's own) without."""
        value = (of or self.view).get(path, default)
        if isinstance(value, Secret):
            value = value.value
        if value is UNKNOWN:
            self.note(f"{path} unknown until up, {default!r} assumed")
            return default
        return value

    def number(self, path: str, default: float, of: ResourceView | None = None) -> float:
        """A finite number of 0 or more at `path`, else `default` with a note."""
        return self.as_number(self.value(path, default, of), path, default)

    def as_number(self, value: Any, path: str, default: float) -> float:
        """`value` as a finite number of 0 or more (strings of digits count), else `default` with a note."""
        try:
            found = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            found = math.nan
        if 0 <= found < 1e12:
            return found
        self.note(f"{path} is {value!r:.30}, no number of 0 or more: {default:g} assumed")
        return default

    def text(self, path: str, default: str, of: ResourceView | None = None) -> str:
        """A string at `path`, else `default`."""
        value = self.value(path, default, of)
        return value if isinstance(value, str) else default

    def items(self, path: str, of: ResourceView | None = None) -> list[Any]:
        """A list at `path` (a single block counts as one item); empty when absent. Unknown is empty with a note."""
        value = self.value(path, [], of)
        return list(value) if isinstance(value, (list, tuple)) else [value]

    def note(self, text: str) -> None:
        """Says an assumption in the line's basis, once."""
        if text not in self.notes:
            self.notes.append(text)


Pricer = Callable[[Ask], Iterable[Charge]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a resource type is priced."""

    type: str
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


def flat(type_: str, *terms: Term, note: str = "") -> Row:
    """A type whose price follows from its being there and from assumed use alone."""

    def charges(ask: Ask) -> Iterator[Charge]:
        if note:
            ask.note(note)
        for term in terms:
            used = getattr(ask.usage, term.usage) if term.usage else 1.0
            assumed = " (assumed)" if term.usage and term.usage != "hours" else ""
            yield from ask.charge(term.service, term.dimension, term.label + assumed, term.quantity * used / term.per)

    return Row(type=type_, charges=charges)


def plain(number: float) -> str:
    """A number for people: no exponent, at most 6 significant digits below 1, no trailing zeros."""
    text = f"{number:,.4f}" if number >= 1 else f"{number:.8f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
