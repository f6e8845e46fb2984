"""A corpus on disk or in S3: what its index says. Only this module knows the format, for those who write and read it.

    <uri>/{train,test}/index.json      this description, written last: with it the split is whole
    <uri>/{train,test}/tokenizer.json  what made the tokens (workloads/data/tokenizer.py)
    <uri>/{train,test}/shard-00000.bin token ids, little-endian, uint16 (uint32 above 65,536 ids): documents one after another,
                                       each followed by end-of-text; a document may go on in the next shard

Identical documents and settings give identical bytes: nothing in it depends on the time or the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from workloads.errors import DataError
from workloads.stores.store import Entry, Store
from workloads.stores.store_errors import Missing

FORMAT_VERSION: Final = 1
INDEX: Final = "index.json"
SPLITS: Final = ("train", "test")
DTYPES: Final = {"uint16": "<u2", "uint32": "<u4"}
REWRITE: Final = "write the corpus again with `python -m workloads.data.prepare`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    name: str
    tokens: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One split. `text_bytes` counts the documents' UTF-8 text, so that a loss per token can be given as bits per byte.

    `source` says what it was made from: the documents' digest and the settings, equal for equal corpora.
    """

    split: str
    tokenizer: Mapping[str, Any]  # kind, file, sha256
    vocabulary: int
    dtype: str
    documents: int
    text_bytes: int
    shards: tuple[Shard, ...]
    source: Mapping[str, Any]

    @property
    def tokens(self) -> int:
        return sum(shard.tokens for shard in self.shards)

    @property
    def token_bytes(self) -> int:
        return int(DTYPES[self.dtype][-1])

    @property
    def identity(self) -> str:
        """A digest of all that the split holds, by which a run identifies its data."""
        return hashlib.sha256(self.as_json()).hexdigest()

    def as_json(self) -> bytes:
        content = {"format_version": FORMAT_VERSION, **asdict(self), "tokens": self.tokens}
        content["bytes"] = content.pop("text_bytes")
        return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def read(store: Store) -> Index:
    """The index of the split in `store`. Raises `DataError` with all faults of it."""
    address = store.address(INDEX)
    try:
        content = json.loads(store.read(INDEX))
    except Missing:
        below = [name for name in SPLITS if f"{name}/{INDEX}" in store.entries()]
        hint = f"it has {' and '.join(below)} below; give one of them" if below else f"{REWRITE} (the index is written last)"
        raise Missing(address, f"no corpus is there, or it was not finished: {hint}") from None
    except ValueError as error:
        raise DataError(address, [f"it is not JSON ({error}); {REWRITE}"]) from None
    faults = _faults(content)
    if faults:
        raise DataError(address, faults)
    return Index(
        **{name: content[name] for name in ("split", "tokenizer", "vocabulary", "dtype", "documents", "source")},
        text_bytes=content["bytes"],
        shards=tuple(Shard(name=shard["name"], tokens=shard["tokens"], sha256=shard["sha256"]) for shard in content["shards"]),
    )


def check_shards(index: Index, store: Store, *, content: bool = False) -> dict[str, Entry]:
    """The shards as they lie in `store`. Raises one `DataError` for all that are missing or of another size than `index` says.

    With `content` every shard is read whole and its SHA-256 compared.
    """
    entries = store.entries()
    faults = []
    for shard in index.shards:
        expected = shard.tokens * index.token_bytes
        if shard.name not in entries:
            faults.append(f"{store.address(shard.name)} is missing; copy it again, or {REWRITE}")
        elif entries[shard.name].size != expected:
            faults.append(
                f"{store.address(shard.name)} has {entries[shard.name].size} bytes, and the index says {expected} "
                f"({shard.tokens} tokens); copy it again, or {REWRITE}"
            )
        elif content and store.digest(shard.name).sha256 != shard.sha256:
            faults.append(f"{store.address(shard.name)} is damaged (SHA-256 differs); copy it again, or {REWRITE}")
    if faults:
        raise DataError(store.uri, faults)
    return {shard.name: entries[shard.name] for shard in index.shards}


def _faults(content: Any) -> list[str]:
    if not isinstance(content, dict):
        return [f"it holds a JSON {type(content).__name__}, not an object; {REWRITE}"]
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        return [
            f"format_version is {version!r}, and this image reads {FORMAT_VERSION}; {REWRITE}, or use the image that wrote it"
        ]
    faults = []
    for name, kind in (("split", str), ("tokenizer", dict), ("source", dict), ("shards", list), ("dtype", str)):
        if not isinstance(content.get(name), kind):
            faults.append(f"{name} is {content.get(name)!r}, no {kind.__name__}; {REWRITE}")
    for name, low in (("vocabulary", 1), ("documents", 0), ("bytes", 0)):
        if not _whole(content.get(name), low):
            faults.append(f"{name} is {content.get(name)!r}, no whole number from {low}; {REWRITE}")
    if faults:
        return faults
    if content["dtype"] not in DTYPES:
        faults.append(f"dtype is {content['dtype']!r}, and this image reads {', '.join(DTYPES)}; {REWRITE}")
    if not content["shards"]:
        faults.append(f"it lists no shards; {REWRITE}")
    for number, shard in enumerate(content["shards"]):
        if not isinstance(shard, dict) or not _plain(shard.get("name")) or not _whole(shard.get("tokens"), 1):
            faults.append(f"shard {number} is {shard!r}; it needs name, tokens and sha256; {REWRITE}")
        elif not isinstance(shard.get("sha256"), str):
            faults.append(f"shard {number} ({shard['name']}) has no sha256; {REWRITE}")
    return faults


def _whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _plain(name: Any) -> bool:
    """Whether a name is a bare file name, and no path that leads out of the folder."""
    return isinstance(name, str) and bool(name) and PurePosixPath(name).name == name and name not in (".", "..")
