"""The settings of workload `corpus`: defaults, limits and meanings, checked by `workloads/settings.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from workloads.data.tokenizer import BYTES, KINDS
from workloads.settings import Settings, about, one_of, within

PLACES, SPLIT, TEXT = "where", "tokens and shards", "what is text"
# The bytes and end-of-text; BPE cannot have fewer ids.
SMALLEST_BPE: Final = BYTES + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings(Settings):
    """How a corpus is made."""

    source: str = field(
        default="",
        metadata=about(
            PLACES,
            "stdlib (Python's own sources), raw (the channel of that name), or a folder or s3:// prefix of .txt, .jsonl and "
            ".parquet; empty: channel raw if there is one, else stdlib",
        ),
    )
    output_uri: str = field(default="", metadata=about(PLACES, "folder or s3:// prefix that train and test are written below"))
    tokenizer: str = field(
        default="bytes", metadata=one_of(KINDS, SPLIT, "a token a byte, or byte-level BPE trained on the text")
    )
    vocabulary: int = field(default=4096, metadata=within(SMALLEST_BPE, 1_000_000, SPLIT, "ids that bpe learns"))
    shard_tokens: int = field(default=2**23, metadata=within(256, 2**29, SPLIT, "tokens a shard"))
    test_share: float = field(default=0.05, metadata=within(0.0, 0.5, SPLIT, "share of documents held out, at least one"))
    seed: int = field(default=0, metadata=within(0, 2**31 - 1, SPLIT, "decides which documents are held out"))
    limit_bytes: int = field(default=0, metadata=within(0, 2**60, TEXT, "take about so much text; 0: all"))
    minimum_characters: int = field(default=1, metadata=within(1, 10**9, TEXT, "shortest document"))
    maximum_characters: int = field(default=1_000_000, metadata=within(1, 10**9, TEXT, "longest document"))
    bad_rows: int = field(default=0, metadata=within(0, 2**60, TEXT, "bad rows that are dropped; one more stops the job"))

    def faults(self) -> list[str]:
        faults = []
        if not self.output_uri:
            faults.append("output_uri is empty; give the folder or s3://bucket/prefix that the corpus is to be written to")
        if self.maximum_characters < self.minimum_characters:
            faults.append(
                f"maximum_characters is {self.maximum_characters}, below minimum_characters ({self.minimum_characters}); raise it"
            )
        return faults

    def shaping(self) -> dict[str, Any]:
        """What decides the corpus's bytes, besides the documents themselves."""
        vocabulary = {"vocabulary": self.vocabulary} if self.tokenizer == "bpe" else {}
        return {
            "tokenizer": self.tokenizer,
            **vocabulary,
            "shard_tokens": self.shard_tokens,
            "test_share": self.test_share,
            "seed": self.seed,
        }
