"""The settings of money: the ceiling, the budget, and what is assumed where no plan can tell.

The names of `UsageSettings` are those of `tools.cost.usage.Usage`, which has their defaults; a test keeps the two alike.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from catalog.instances import SAGEMAKER_PREFIX, instance_table
from infra.base.section import Fault, Place, Section

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_A_WEEK: Final = 168


def _email(address: str) -> str:
    if not _EMAIL.fullmatch(address):
        raise ValueError("is no email address; write one like ml-platform@example.com")
    return address


def _time(text: Any) -> str:
    # YAML takes 20:00 without quotes for the number 1200.
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError('is no time of day; write one in quotes, as "07:00"')
    return text


def _day_numbers(days: str) -> tuple[int, ...]:
    """The days of `mon-fri` or `mon,wed,fri`, Monday first. Raises ValueError."""
    found: list[int] = []
    for part in days.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS or DAYS.index(first) > DAYS.index(last or first):
            raise ValueError(f"are no days of the week; write mon-fri, or some of {', '.join(DAYS)} with commas")
        found += range(DAYS.index(first), DAYS.index(last or first) + 1)
    if len(found) != len(set(found)):
        raise ValueError("names a day twice; name each once")
    return tuple(sorted(found))


def _days(days: str) -> str:
    _day_numbers(days)
    return days


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if known:  # a machine without the database can judge nothing
            near = difflib.get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else "write one like Europe/Berlin"
            raise ValueError(f"is no time zone; {hint}") from None
    return name


TimeOfDay = Annotated[str, BeforeValidator(_time)]
# The longest month has 31 days. Left out, a number is the default that docs/cost.md tells.
Hours = Annotated[float, Field(ge=0, le=744)] | None
Amount = Annotated[float, Field(ge=0, lt=1e15)] | None


class UsageNumbers(Section):
    """Assumed use, a month and resource."""

    hours: Hours = Field(default=None, description="Hours that always-on things are on.")
    instance_hours: Hours = Field(
        default=None, description="Hours that nodes and endpoint instances run; a night schedule lowers it."
    )
    nat_gb: Amount = Field(default=None, description="GB through each NAT gateway.")
    endpoint_gb: Amount = Field(default=None, description="GB through each interface endpoint.")
    internet_gb: Amount = Field(default=None, description="GB out to the internet.")
    zone_gb: Amount = Field(default=None, description="GB between zones, in each direction.")
    flow_log_gb: Amount = Field(default=None, description="GB that each flow log delivers.")
    log_gb: Amount = Field(default=None, description="GB written to each log group.")
    log_months: Amount = Field(default=None, description="Months of logs kept where a group sets no retention.")
    s3_gb: Amount = Field(default=None, description="GB stored in each bucket.")
    s3_puts: Amount = Field(default=None, description="Writes to each bucket.")
    s3_gets: Amount = Field(default=None, description="Reads from each bucket.")
    ecr_gb: Amount = Field(default=None, description="GB of images in each repository.")
    kms_requests: Amount = Field(default=None, description="Requests to each key.")
    secret_calls: Amount = Field(default=None, description="Reads of each secret.")
    sns_requests: Amount = Field(default=None, description="Messages to each topic.")
    sqs_requests: Amount = Field(default=None, description="Requests to each queue.")
    training_runs: Amount = Field(default=None, description="Runs of each training job.")
    training_share: Amount = Field(
        default=None, description="Share of its maximum run time that a training job is expected to take."
    )
    build_minutes: Amount = Field(default=None, description="Minutes that each build project builds.")
    load_units: Amount = Field(default=None, description="LCUs of each load balancer.")
    lambda_requests: Amount = Field(default=None, description="Invocations of each function.")
    lambda_seconds: Amount = Field(default=None, description="Seconds an invocation takes.")
    table_gb: Amount = Field(default=None, description="GB in each table.")
    table_requests: Amount = Field(default=None, description="Reads, and as many writes, of each table.")
    stream_gb: Amount = Field(default=None, description="GB put into each stream.")
    transitions: Amount = Field(default=None, description="State transitions of each state machine.")
    volume_gb: Amount = Field(default=None, description="GB in a file system whose size is its use.")


class UsageSettings(UsageNumbers):
    """What is assumed of the use that no plan can tell. A number left out is the default of docs/cost.md."""

    overrides: dict[str, UsageNumbers] = Field(
        default_factory=dict,
        description="Numbers for the resources of a name or pattern (`*raw*`) alone; where two fit, the later one counts.",
    )


class PurchaseSettings(Section):
    """How instances are bought. The price table has on-demand and some spot prices; what was agreed with AWS only you know."""

    option: Literal["on-demand", "savings-plan-1y", "savings-plan-3y", "reserved-1y", "reserved-3y"] = Field(
        default="on-demand", description="The commitment that the discounts come from."
    )
    discount: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict,
        description="Share off the on-demand price, by a pattern of instance types: `p5.*: 0.3`, SageMaker's as `ml.g5.*`. "
        "Where several fit, the longest counts.",
    )
    source: str = Field(default="", description="Where the discounts are written: an offer, an order, an invoice.")
    as_of: date | None = Field(default=None, description='The day of that source, as `"2026-10-01"`.')

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.option == "on-demand":
            if self.discount:
                yield Fault(f"{path}.option", self.option, "has no discount; name the savings plan or reservation that gives it")
            return
        if not self.discount:
            yield Fault(
                f"{path}.discount", {}, f"no discount of {self.option} is known here; write yours, by a pattern of instance types"
            )
        if not self.source or self.as_of is None:
            lacks = "source" if not self.source else "asOf"
            yield Fault(
                f"{path}.{lacks}", None, "a discount without its source and date cannot be checked; say where it is written"
            )
        for pattern in self.discount:
            if not any(fnmatchcase(name, pattern.removeprefix(SAGEMAKER_PREFIX)) for name in instance_table()):
                yield Fault(
                    f"{path}.discount.{pattern}",
                    self.discount[pattern],
                    "fits no instance type; write a pattern such as p5.* or, for SageMaker, ml.g5.*",
                )
            if self.option.startswith("reserved") and pattern.startswith(SAGEMAKER_PREFIX):
                yield Fault(
                    f"{path}.discount.{pattern}",
                    self.discount[pattern],
                    "SageMaker has no reserved instances; use a savings plan",
                )


class WorkingHours(Section):
    """When pools that may be empty have nodes. A pool counts that has `min: 0` and is bought by the hour."""

    start: TimeOfDay = Field(default="07:00", description="When the pool gets its `desired` nodes, in quotes.")
    end: TimeOfDay = Field(default="20:00", description="When it is emptied, on every day and whatever runs there, in quotes.")
    days: Annotated[str, AfterValidator(_days)] = Field(
        default="mon-fri", description="The days on which it gets them: `mon-fri`, or `mon,wed,fri`."
    )
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        description="The time zone of these times, as `Europe/Berlin`; summer time is followed."
    )

    @property
    def hours_a_week(self) -> float:
        """How many of the week's 168 hours are working hours."""
        (first, first_minute), (last, last_minute) = (map(int, text.split(":")) for text in (self.start, self.end))
        return len(_day_numbers(self.days)) * (last - first + (last_minute - first_minute) / 60)

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.start >= self.end:
            yield Fault(f"{path}.end", self.end, f"is not after start {self.start}; the hours of a day end on that day")


class CostSettings(Section):
    """Money: what blocks an `up`, what is assumed of use, and who is told when it is spent."""

    ceiling_monthly_usd: float = Field(gt=0, description="Priced above this a month, `up` stops before anything is touched.")
    budget_monthly_usd: float = Field(
        gt=0,
        description="The AWS budget; alerts are percentages of it. It counts by the tag `Environment`, which somebody activates "
        "once as a cost allocation tag in the payer's account: until then it sees no spending.",
    )
    alert_emails: tuple[Annotated[str, AfterValidator(_email)], ...] = Field(
        min_length=1, max_length=10, description="Who is told, 1 to 10 addresses."
    )
    actual_thresholds_percent: tuple[Annotated[int, Field(gt=0, le=1000)], ...] = Field(
        default=(50, 80, 100), min_length=1, description="Percentages of the budget, once spent, that alert."
    )
    forecast_threshold_percent: int = Field(
        default=100, gt=0, le=1000, description="Forecast percentage of the budget that alerts."
    )
    anomaly_threshold_usd: float | None = Field(
        default=100,
        gt=0,
        description="Unusual spending that comes to this much in all is told the day AWS sees it; `null` declares no monitor. It "
        "counts by the tag `Environment`, as the budget does.",
    )
    ceiling_holds: Literal["expected", "maximum"] = Field(
        default="expected",
        description="Which month the ceiling holds: the expected one, or the one with everything scaled out and every job at its "
        "limit.",
    )
    working_hours: WorkingHours | None = Field(
        default=None, description="When GPU pools have nodes: outside of these hours they are emptied. Left out: always."
    )
    usage: UsageSettings = Field(default=UsageSettings(), description="Assumed use: gigabytes, requests, hours.")
    purchase: PurchaseSettings = Field(default=PurchaseSettings(), description="How instances are bought.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        yield from self.purchase.faults(f"{path}.purchase", place)
        if self.working_hours is not None:
            yield from self.working_hours.faults(f"{path}.workingHours", place)
