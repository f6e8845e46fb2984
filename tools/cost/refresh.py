"""The price table renewed from price lists: what changed, what is new, what was not found and stays with its date."""

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
# A price that moves further at once is more likely one of another unit: it is named and not taken.
DOUBTFUL: Final = 3.0
TABLE: Final = DATA / "prices.csv"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """The new table and how it came about. `kept` were asked for and not found, `doubtful` are (row, the price not taken)."""

    rows: tuple[Price, ...]
    changed: tuple[tuple[Price, Price], ...]
    added: tuple[Price, ...]
    renewed: int  # the same price, a later date
    kept: tuple[Price, ...]
    doubtful: tuple[tuple[Price, float], ...]
    not_asked: int

    @property
    def moved(self) -> bool:
        """Whether the table is another one than before."""
        return bool(self.changed or self.added or self.renewed)

    def to_json(self) -> dict[str, Any]:
        """What `cost refresh --json` prints."""
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
    """The table with what the lists say. Of a new region, only dimensions are taken that the table has somewhere."""
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
    """The day of the list that would have this row; "" where there was none."""
    days = [asked.get((offer.code, row.region), "") for offer in OFFERS if offer.holds(row.service, row.dimension)]
    return max(days, default="")


def write(rows: Iterable[Price], path: Path = TABLE) -> None:
    """Writes the table in one step, so that a concurrent reader sees either the old one or the new one, whole."""
    half = path.with_suffix(".new")
    with half.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(Price.__slots__)
        out.writerows([getattr(row, column) for column in Price.__slots__] for row in rows)
    os.replace(half, path)
