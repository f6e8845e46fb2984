"""Writes one split of a corpus, shard by shard; a shard and a document are in memory at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from workloads.data import tokenizer
from workloads.data.corpus import Document
from workloads.data.index import DTYPES, INDEX, Index, Shard
from workloads.data.tokenizer import Tokenizer
from workloads.stores.store import Store

# Ids up to 65,535 fit in two bytes.
SHORT_VOCABULARY: Final = 2**16


class ShardWriter:
    """Takes documents and writes shards of `shard_tokens` tokens, the last one shorter."""

    def __init__(self, store: Store, *, split: str, model: Tokenizer, shard_tokens: int) -> None:
        self._store, self._split, self._model, self._shard_tokens = store, split, model, shard_tokens
        self._dtype = "uint16" if model.vocabulary <= SHORT_VOCABULARY else "uint32"
        self._pending: list[np.ndarray] = []
        self._pending_tokens = 0
        self._shards: list[Shard] = []
        self._documents = self._bytes = 0

    def add(self, document: Document) -> None:
        tokens = np.append(self._model.encode(document.text), self._model.end_of_text).astype(DTYPES[self._dtype])
        self._documents += 1
        self._bytes += len(document.text.encode())
        while len(tokens):
            taken = tokens[: self._shard_tokens - self._pending_tokens]
            self._pending.append(taken)
            self._pending_tokens += len(taken)
            tokens = tokens[len(taken) :]
            if self._pending_tokens == self._shard_tokens:
                self._flush()

    def finish(self, source: Mapping[str, Any]) -> Index:
        """Write what is left and the tokenizer, remove shards of an older corpus, then write the index."""
        if self._pending_tokens:
            self._flush()
        model = self._model.as_json()
        self._store.write(tokenizer.FILE, model)
        index = Index(
            split=self._split,
            tokenizer={"kind": self._model.kind, "file": tokenizer.FILE, "sha256": hashlib.sha256(model).hexdigest()},
            vocabulary=self._model.vocabulary,
            dtype=self._dtype,
            documents=self._documents,
            text_bytes=self._bytes,
            shards=tuple(self._shards),
            source=source,
        )
        kept = {shard.name for shard in self._shards}
        for name in self._store.entries():
            if name.startswith("shard-") and name not in kept:
                self._store.remove(name)
        self._store.write(INDEX, index.as_json())
        return index

    def _flush(self) -> None:
        data = np.concatenate(self._pending).tobytes()
        name = f"shard-{len(self._shards):05}.bin"
        self._store.write(name, data)
        self._shards.append(Shard(name=name, tokens=self._pending_tokens, sha256=hashlib.sha256(data).hexdigest()))
        self._pending, self._pending_tokens = [], 0
