"""Quotas on the number of resources: which resources count, and within what. The quotas are on the cards of the types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from catalog.types.card import Card, Quota, Used
from catalog.types.every import CARDS
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight.account import Account
from tools.preflight.needs import amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A quota with the types that it limits, and how the resources of a plan count towards it."""

    quota: Quota
    cards: tuple[Card, ...]

    def counts(self, view: ResourceView) -> bool:
        """Whether the quota limits this resource."""
        if all(view.type != card.token for card in self.cards):
            return False
        if self.quota.only is None:
            return True
        path, value, absent = self.quota.only
        return (Block.of(view).text(path, unknown="unknown") or absent) == value

    def size(self, view: ResourceView) -> float | None:
        """How much the resource counts; None where that is known at `up` only."""
        return amount(Block.of(view), self.quota.size, 1) if self.quota.size else 1.0

    def within(self, view: ResourceView, links: LinkedPlan) -> str | None:
        """The key of the thing within which the resource counts (a VPC, say); None where that is known at `up` only."""
        if self.quota.each:
            return view.urn or view.name
        if not self.quota.within:
            return ""
        value = Block.of(view).value(self.quota.within, unknown=UNKNOWN)
        owners = CARDS[next(points.to for points in CARDS[view.type].points if points.path == self.quota.within)]
        found = links.named(owners, value)
        if self.quota.shared:
            return (Block.of(found).text(self.quota.shared, unknown="") if found else "") or None
        if found is None and value is UNKNOWN and len(links.of(owners)) == 1:
            # The id is not known yet, but the plan has only one owner that it can name.
            found = links.of(owners)[0]
        return (found.urn or found.name) if found else value if isinstance(value, str) else None


def in_use(used: Used, account: Account) -> float:
    """How many resources that count towards a quota the account has."""
    if used.summary:
        return float(account.ask(used.service, used.operation)["SummaryMap"].get(used.key, 0))
    filters = [{"Name": name, "Values": [value]} for name, value in used.filters]
    params: dict[str, Any] = {"Filters": filters} if filters else {}
    return float(len(account.every(used.service, used.operation, used.key, **params)))


def _counted() -> dict[Quota, list[Card]]:
    found: dict[Quota, list[Card]] = {}
    for card in CARDS.values():
        for quota in card.quotas:
            found.setdefault(quota, []).append(card)
    return found


COUNTED: Final = tuple(Counted(quota=quota, cards=tuple(cards)) for quota, cards in _counted().items())
