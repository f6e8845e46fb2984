"""What `cost --json` and `cost refresh --json` print, and `preview`, `up` under `cost`. All amounts are USD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypedDict, cast

if TYPE_CHECKING:
    from tools.flows.pricing import Renewal


class CostLineDocument(TypedDict):
    """What one resource costs a month."""

    urn: Annotated[str, "The resource."]
    monthly_usd: Annotated[float, "As expected."]
    basis: Annotated[str, "What the price is made of, in words."]
    type: Annotated[str, "The resource's type."]
    name: Annotated[str, "The resource's name."]
    min_usd: Annotated[float, "Scaled in."]
    max_usd: Annotated[float, "Scaled out, or at the longest run."]
    one_off_usd: NotRequired[Annotated[float, "Of a training job: one run, as expected."]]
    one_off_max_usd: NotRequired[Annotated[float, "Of a training job: one run at its run-time limit."]]


class UnpricedDocument(TypedDict):
    """A resource, or a part of one, that is not in the total."""

    urn: Annotated[str, "The resource."]
    type: Annotated[str, "The resource's type."]
    name: Annotated[str, "The resource's name."]
    reason: Annotated[str, "Why there is no price."]


class UsageDocument(TypedDict):
    """The assumptions of use, as the stack file names them."""

    assumed: Annotated[dict[str, float], "What is assumed otherwise than by default."]
    overrides: Annotated[dict[str, dict[str, float]], "Of resources by the pattern of their name: what is assumed of them."]
    unmatched: Annotated[list[str], "The patterns that no resource's name fits."]


class HintDocument(TypedDict):
    """A change that does the same for less."""

    urn: Annotated[str, "The resource to change."]
    saves_usd: Annotated[float, "How much less a month, of the expected price."]
    message: Annotated[str, "What to change."]


class CostDocument(TypedDict):
    """The price of a plan."""

    monthly_usd: Annotated[float, "The month as expected: the sum of the lines."]
    before_usd: Annotated[float, "The month of what is deployed before the change."]
    ceiling_usd: Annotated[float | None, "slipway:cost.ceilingMonthlyUsd of the stack file; null for none."]
    ceiling_holds: Annotated[Literal["expected", "maximum"], "Which month the ceiling holds: as expected, or at the most."]
    lines: Annotated[list[CostLineDocument], "A line a resource, the largest first."]
    unpriced: Annotated[list[UnpricedDocument], "What has no price."]
    delta_usd: Annotated[float, "`monthly_usd` less `before_usd`."]
    min_usd: Annotated[float, "The month with everything scaled in."]
    max_usd: Annotated[float, "The month with everything scaled out and every training job at its limit."]
    one_off_usd: Annotated[float, "One run of every training job, as expected."]
    one_off_max_usd: Annotated[float, "One run of every training job, at its run-time limit."]
    stand_in_usd: Annotated[float, "The part of `monthly_usd` that is not from the region's own published prices."]
    over_ceiling: Annotated[bool, "Whether the ceiling is passed (exit code 4)."]
    region: Annotated[str, "The region whose prices count."]
    priced_from: Annotated[str, "The day of the oldest price used, as 2026-07-20; empty where none was."]
    priced_at: Annotated[str, "The day of the newest price used; empty where none was."]
    usage: Annotated[UsageDocument, "What is assumed of use."]
    hints: Annotated[list[HintDocument], "What would cost less, one a line at most."]


class PriceDocument(TypedDict):
    """A row of the price table."""

    service: Annotated[str, "The service, by the table's name."]
    dimension: Annotated[str, "What is priced: an instance type, a gateway, a gigabyte."]
    region: Annotated[str, "The region."]
    usd: Annotated[float, "The price that the table now has."]
    as_of: Annotated[str, "The day of that price."]


class ChangedPriceDocument(PriceDocument):
    """A row whose price changed."""

    old_usd: Annotated[float, "The price before."]
    old_as_of: Annotated[str, "The day of the price before."]


class DoubtfulPriceDocument(PriceDocument):
    """A row whose new price is too far from the old one to be believed; the old one is kept."""

    found_usd: Annotated[float, "The price that the list has."]


class RenewalDocument(TypedDict):
    """What the AWS Price List changed in the price table."""

    changed: Annotated[list[ChangedPriceDocument], "Rows with another price."]
    added: Annotated[list[PriceDocument], "New rows."]
    kept: Annotated[list[PriceDocument], "Rows that were asked for and not found; they stay."]
    doubtful: Annotated[list[DoubtfulPriceDocument], "Rows whose new price was not taken."]
    renewed: Annotated[int, "How many rows have the same price and a later day."]
    not_asked: Annotated[int, "How many rows are in no list that is newer."]
    written: Annotated[str | None, "The file that was written; null where nothing was."]


def renewal_document(done: Renewal) -> RenewalDocument:
    """The document of a renewed price table."""
    return cast(RenewalDocument, {**done.refresh.to_json(), "written": str(done.written) if done.written else None})
