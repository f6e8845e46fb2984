"""Checks raw text and reports every fault of every file, with its rows, so that one run is enough to mend the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workloads.data.corpus import Document
from workloads.data.sources import Chunk
from workloads.data.text_schema import FIELD, row_schema
from workloads.errors import DataError

# How many rows a fault names: enough to find them, few enough to read.
_ROWS_SHOWN: Final = 5
# How many lines the error has; the report file has all.
LINES_SHOWN: Final = 50

# The name of a check -> what is wrong and the way out.
WAYS_OUT: Final = {
    "blank": ("holds nothing but white space", "drop it"),
    "short": ("is shorter than minimum_characters", "drop it, or lower the setting"),
    "long": ("is longer than maximum_characters", "split it, or raise the setting"),
    "repeated": ("repeats the text of an earlier row", "drop it"),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One kind of fault in one file (`rows` 0: the file itself)."""

    file: str
    unit: str
    what: str
    way_out: str
    rows: int = 0
    first: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.file}: {self.what}"
        numbers = ", ".join(str(number) for number in self.first)
        more = f" and {self.rows - len(self.first)} more" if self.rows > len(self.first) else ""
        return f"{self.file}: {self.what} in {self.unit}{'s' if self.rows > 1 else ''} {numbers}{more}; {self.way_out}"


class Validation:
    """Checks chunk after chunk: `documents` gives the good rows, `faults` counts the others."""

    def __init__(self, *, minimum: int, maximum: int) -> None:
        self._schema = row_schema(minimum, maximum)
        self._seen: set[bytes] = set()
        self._faults: dict[tuple[str, str], Fault] = {}
        self.rows = self.dropped = 0

    @property
    def faults(self) -> list[Fault]:
        return list(self._faults.values())

    @property
    def unreadable(self) -> list[Fault]:
        """Files that could not be read at all, which are never tolerated."""
        return [fault for fault in self.faults if not fault.rows]

    def documents(self, chunk: Chunk) -> Iterator[Document]:
        """The chunk's good rows. 16 bytes of each are remembered, to recognise what is repeated."""
        if chunk.fault:
            self._faults[chunk.file, chunk.fault] = Fault(file=chunk.file, unit="", what=chunk.fault, way_out="")
            return
        bad = self._bad(chunk)
        self.rows += len(chunk.rows)
        self.dropped += len(bad)
        for at, row in enumerate(chunk.rows):
            if at not in bad:
                assert row.text is not None
                yield Document(name=row.name, text=row.text)

    def _bad(self, chunk: Chunk) -> set[int]:
        """The places of the rows with a fault; each is counted under the first check that it fails."""
        import polars as pl
        from pandera.errors import SchemaErrors

        columns = {
            "kind": [row.kind for row in chunk.rows],
            FIELD: [row.text for row in chunk.rows],
            "repeated": self._repeated(chunk),
        }
        frame = pl.DataFrame(columns, schema={"kind": pl.String, FIELD: pl.String, "repeated": pl.Boolean})
        try:
            self._schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            bad: dict[int, str] = {}
            for schema_error in error.schema_errors:
                name = schema_error.check.name
                failed = schema_error.check_output.with_row_index().filter(~pl.col("check_output"))["index"]
                for at in failed.to_list():
                    bad.setdefault(at, name)
            for at in sorted(bad):
                self._count(chunk, at, bad[at])
            return set(bad)
        return set()

    def _count(self, chunk: Chunk, at: int, check: str) -> None:
        row = chunk.rows[at]
        if check == "kind":
            what, way_out = row.kind, "mend or drop it"
        else:
            said, way_out = WAYS_OUT[check]
            what = f"{FIELD!r} {said}"
        fault = self._faults.setdefault((chunk.file, what), Fault(file=chunk.file, unit=chunk.unit, what=what, way_out=way_out))
        fault.rows += 1
        if len(fault.first) < _ROWS_SHOWN:
            fault.first.append(row.number)

    def _repeated(self, chunk: Chunk) -> list[bool]:
        repeated = []
        for row in chunk.rows:
            if row.text is None:
                repeated.append(False)
                continue
            digest = hashlib.sha256(row.text.encode()).digest()[:16]
            repeated.append(digest in self._seen)
            self._seen.add(digest)
        return repeated

    def check(self, source: str, *, tolerated: int) -> None:
        """Raises `DataError` with every fault when more rows are bad than `tolerated`, or a file cannot be read."""
        if not self.unreadable and self.dropped <= tolerated:
            return
        lines = [str(fault) for fault in self.faults]
        if len(lines) > LINES_SHOWN:
            lines[LINES_SHOWN:] = [f"and {len(lines) - LINES_SHOWN} more; all of them are in validation.json"]
        if self.dropped > tolerated > 0:
            lines.append(f"{self.dropped} of {self.rows} rows are bad, and bad_rows tolerates {tolerated}")
        raise DataError(source, lines)

    def as_json(self, source: str, *, tolerated: int) -> bytes:
        """The report file: counts and every fault, also when all is well."""
        content = {
            "source": source,
            "rows": self.rows,
            "bad_rows": self.dropped,
            "tolerated": tolerated,
            "accepted": not self.unreadable and self.dropped <= tolerated,
            "faults": [
                {"file": f.file, "what": f.what, "way_out": f.way_out, "count": f.rows, "unit": f.unit, "first": f.first}
                for f in self.faults
            ],
        }
        return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
