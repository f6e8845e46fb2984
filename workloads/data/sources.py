"""Reads raw text, a chunk at a time, with its faults: `.txt` (a document a file), `.jsonl` (field `text`), `.parquet` (column
`text`), in a folder or under an s3:// prefix; or the standard library. What a row should be is said in `text_schema.py`.

An S3 object is copied to a temporary file while it is read, one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from workloads.data import corpus
from workloads.data.text_schema import FIELD, TEXT, table_faults
from workloads.errors import DataError
from workloads.stores.opening import open_store
from workloads.stores.store import Store

STDLIB: Final = "stdlib"
# How much is read at once: a few MB of usual text.
CHUNK_ROWS: Final = 1000
CHUNK_CHARACTERS: Final = 8_000_000
# The longest line that is read: a file with no line ends would be read into memory whole.
LINE_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`number` is the line of a .jsonl file from 1, else the row from 0. `text` is None unless `kind` is TEXT."""

    name: str
    number: int
    kind: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows of one file. `fault` is set when the file itself cannot be read; then there are no rows."""

    file: str
    unit: str = "row"
    rows: list[Row] = field(default_factory=list)
    fault: str = ""


def chunks(source: str, *, minimum: int, maximum: int, limit_bytes: int = 0) -> Iterator[Chunk]:
    """All that `source` holds, in order of name. `limit_bytes` ends it after so much text.

    Raises `DataError` when there is nothing to read at all.
    """
    if source == STDLIB:
        documents = corpus.documents(minimum=minimum, maximum=maximum, limit_bytes=limit_bytes)
        yield from _chunked(STDLIB, "file", (Row(name=d.name, number=n, kind=TEXT, text=d.text) for n, d in enumerate(documents)))
        return
    place = open_store(source)
    entries = place.entries()
    files = [name for name in entries if Path(name).suffix.lower() in READERS]
    if not files:
        found = f"there are {len(entries)} other files, such as {next(iter(entries))}" if entries else "it is empty or not there"
        raise DataError(
            place.uri, [f"no {', '.join(READERS)} file to read: {found}; point source at the folder or prefix with text"]
        )
    left = limit_bytes or None
    for name in files:
        for chunk in _read(place, name):
            yield chunk
            if left is not None:
                left -= sum(len((row.text or "").encode()) for row in chunk.rows)
                if left <= 0:
                    return


def _read(place: Store, name: str) -> Iterator[Chunk]:
    with place.local(name) as path:
        yield from READERS[path.suffix.lower()](name, path)


def _text_file(name: str, path: Path) -> Iterator[Chunk]:
    kind, text = _decoded(path.read_bytes())
    yield Chunk(file=name, unit="row", rows=[Row(name=name, number=0, kind=kind, text=text)])


def _json_lines(name: str, path: Path) -> Iterator[Chunk]:
    yield from _chunked(name, "line", _lines(name, path))


def _lines(name: str, path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES):
            number += 1
            if len(line) == LINE_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                kind, text = f"a line is longer than {LINE_BYTES >> 20} MiB", None
            elif not line.strip():
                continue
            else:
                kind, text = _from_json(line)
            yield Row(name=f"{name}#{number}", number=number, kind=kind, text=text)


def _from_json(line: bytes) -> tuple[str, str | None]:
    kind, content = _decoded(line)
    if content is None:
        return kind, None
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return "it is no JSON", None
    if not isinstance(value, dict):
        return f"it is JSON, but {_called(value)} and no object", None
    if FIELD not in value:
        return f"field {FIELD!r} is missing", None
    text = value[FIELD]
    if not isinstance(text, str):
        return f"{FIELD!r} is {_called(text)}", None
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{FIELD!r} has half a surrogate pair, which is no Unicode", None
    return TEXT, text


def _parquet(name: str, path: Path) -> Iterator[Chunk]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        fault = _column_fault(file.schema_arrow)
        if fault:
            yield Chunk(file=name, fault=fault)
            return
        number = 0
        for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=[FIELD]):
            # Read as bytes: Parquet declares text, and its writer need not have checked that it is UTF-8.
            raw = batch.column(0).cast(pa.large_binary()).to_pylist()
            rows = []
            for value in raw:
                kind, text = (f"{FIELD!r} is null", None) if value is None else _decoded(value)
                rows.append(Row(name=f"{name}#{number}", number=number, kind=kind, text=text))
                number += 1
            yield Chunk(file=name, rows=rows)
    except (pa.ArrowException, OSError) as error:
        yield Chunk(file=name, fault=f"it cannot be read as Parquet ({error}); write it again")


def _column_fault(schema: Any) -> str:
    """How a file's columns differ from the declared table ("" for not at all)."""
    import polars as pl

    if schema.names.count(FIELD) > 1:
        return f"column {FIELD!r} is there {schema.names.count(FIELD)} times; it needs one"
    if FIELD not in schema.names:
        return f"column {FIELD!r} is missing (columns: {', '.join(schema.names)}); rename the one that holds the text"
    frame = pl.from_arrow(schema.empty_table().select([FIELD]))
    assert isinstance(frame, pl.DataFrame)
    return "; ".join(table_faults(frame))


def _decoded(data: bytes) -> tuple[str, str | None]:
    try:
        return TEXT, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"it is no UTF-8 (byte {data[error.start]:#04x})", None


def _called(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object", str: "text"}
    return "null" if value is None else names[type(value)]


def _chunked(file: str, unit: str, rows: Iterator[Row]) -> Iterator[Chunk]:
    kept: list[Row] = []
    characters = 0
    for row in rows:
        kept.append(row)
        characters += len(row.text or "")
        if len(kept) == CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield Chunk(file=file, unit=unit, rows=kept)
            kept, characters = [], 0
    if kept:
        yield Chunk(file=file, unit=unit, rows=kept)


READERS: Final[Mapping[str, Callable[[str, Path], Iterator[Chunk]]]] = MappingProxyType(
    {".txt": _text_file, ".jsonl": _json_lines, ".parquet": _parquet}
)
