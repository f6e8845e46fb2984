"""What each workload of the images reads and leaves, as far as the stack has to know: `workloads.catalog` says how it is run.

A workload that is not here, one of your own, reads the dataset of its own name and leaves a model. A test holds the names to
those of `workloads.catalog`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Reads(StrEnum):
    """What a workload learns from: tables of the lake, token shards that a corpus job made, either, or nothing of the lake."""

    DATASET = "dataset"
    CORPUS = "corpus"
    EITHER = "either"
    NOTHING = "nothing"


class Leaves(StrEnum):
    """What a workload is run for: a model, a corpus in the curated bucket, or numbers only."""

    MODEL = "model"
    CORPUS = "corpus"
    METRICS = "metrics"


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadFacts:
    reads: Reads = Reads.DATASET
    leaves: Leaves = Leaves.MODEL


_FACTS: Final[Mapping[str, WorkloadFacts]] = MappingProxyType(
    {
        "digits": WorkloadFacts(),
        "language": WorkloadFacts(reads=Reads.CORPUS),
        "corpus": WorkloadFacts(reads=Reads.NOTHING, leaves=Leaves.CORPUS),
        "compress": WorkloadFacts(reads=Reads.EITHER),
        "evaluate": WorkloadFacts(reads=Reads.EITHER, leaves=Leaves.METRICS),
    }
)


def workload_names() -> tuple[str, ...]:
    """The workloads that are known here."""
    return tuple(_FACTS)


def workload_facts(workload: str) -> WorkloadFacts:
    """The facts of a workload; those of one of your own where it is not known."""
    return _FACTS.get(workload, WorkloadFacts())
