"""Kinesis streams and Firehose."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

FIREHOSE_DELIVERY_STREAM = Card(
    token="aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
    taggable=True,
)
STREAM = Card(
    token="aws:kinesis/stream:Stream",
    taggable=True,
    holds="its records",
    stores=True,
    unit="hour of a shard, and records put",
)

CARDS: Final = (
    FIREHOSE_DELIVERY_STREAM,
    STREAM,
)
