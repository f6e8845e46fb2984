"""Renews the price table from price lists, and reports which rows changed, are new, or were not found and stay as they are."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tools.cost.offers import OFFERS, PriceList
from tools.cost.prices import DATA, Price

SOURCE: Final = "price-list"
# A price that changes by more than this factor at once is more likely one of another unit: it is reported and not taken.
DOUBTFUL: Final = 3.0
TABLE: Final = DATA / "prices.csv"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """The new table, and how it differs from the old one.

    `kept` are rows of services and regions that the lists cover, but not found there; `doubtful` are (row, the price not taken).
    `not_asked` counts the rows that no list covers.
    """

    rows: tuple[Price, ...]
    changed: tuple[tuple[Price, Price], ...]
    added: tuple[Price, ...]
    renewed: int  # the number of rows with the same price and a later date
    kept: tuple[Price, ...]
    doubtful: tuple[tuple[Price, float], ...]
    not_asked: int

    @property
    def moved(self) -> bool:
        """Whether the new table differs from the old one."""
        return bool(self.changed or self.added or self.renewed)

    def to_json(self) -> dict[str, Any]:
        """The object that `cost refresh --json` prints."""
        return {
            "changed": [
                {**_named(old), "old_usd": old.usd, "old_as_of": old.as_of, "usd": new.usd, "as_of": new.as_of}
                for old, new in self.changed
            ],
            "added": [{**_named(row), "usd": row.usd, "as_of": row.as_of} for row in self.added],
            "kept": [{**_named(row), "usd": row.usd, "as_of": row.as_of} for row in self.kept],
            "doubtful": [{**_named(row), "usd": row.usd, "as_of": row.as_of, "found_usd": usd} for row, usd in self.doubtful],
            "renewed": self.renewed,
            "not_asked": self.not_asked,
        }


def _named(row: Price) -> dict[str, str]:
    return {"service": row.service, "dimension": row.dimension, "region": row.region}


def refresh(rows: Iterable[Price], lists: Iterable[PriceList]) -> Refresh:
    """The table renewed by the lists. A row for a new region is added only if the table has its dimension in another region."""
    old = {(row.service, row.dimension, row.region): row for row in rows}
    found: dict[Key, tuple[float, str]] = {}
    asked: dict[tuple[str, str], str] = {}  # (offer code, region) -> published
    for one in lists:
        asked |= {(one.code, region): one.published for region in one.regions}
        found |= {key: (usd, one.published) for key, usd in one.usd.items() if one.published >= found.get(key, (0, ""))[1]}
    table, changed, kept, doubtful = dict(old), [], [], []
    renewed = not_asked = 0
    for key, row in old.items():
        published = _published(row, asked)
        if not published or published < row.as_of:
            not_asked += 1
        elif key not in found:
            kept.append(row)
        else:
            usd, day = found[key]
            new = replace(row, usd=usd, as_of=day, basis="listed", source=SOURCE)
            if max(usd / row.usd, row.usd / usd) > DOUBTFUL:
                doubtful.append((row, usd))
                continue
            table[key] = new
            if usd == row.usd:
                renewed += 1
            else:
                changed.append((row, new))
    units = {(row.service, row.dimension): row.unit for row in old.values()}
    added = [
        Price(
            service=service,
            dimension=dimension,
            region=region,
            unit=units[service, dimension],
            usd=usd,
            as_of=day,
            basis="listed",
            source=SOURCE,
        )
        for (service, dimension, region), (usd, day) in found.items()
        if (service, dimension, region) not in old and (service, dimension) in units
    ]
    table |= {(row.service, row.dimension, row.region): row for row in added}
    return Refresh(
        rows=tuple(table[key] for key in sorted(table)),
        changed=tuple(changed),
        added=tuple(sorted(added, key=lambda row: (row.service, row.dimension, row.region))),
        renewed=renewed,
        kept=tuple(kept),
        doubtful=tuple(doubtful),
        not_asked=not_asked,
    )


def _published(row: Price, asked: Mapping[tuple[str, str], str]) -> str:
    """The publication day of the newest list that covers a row; "" where no list does."""
    days = [asked.get((offer.code, row.region), "") for offer in OFFERS if offer.holds(row.service, row.dimension)]
    return max(days, default="")


def write(rows: Iterable[Price], path: Path = TABLE) -> None:
    """Writes the table in one rename, so that a concurrent reader sees the old or the new table, and no half."""
    half = path.with_suffix(".new")
    with half.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(Price.__slots__)
        out.writerows([getattr(row, column) for column in Price.__slots__] for row in rows)
    os.replace(half, path)
