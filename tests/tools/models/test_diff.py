"""The differences between two model versions, and which of two metrics is better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.models.diff import better, rows
from tools.models.version import Artifact, Evaluation, Lineage

from .test_approval import evaluated


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("test_accuracy", "higher"),
        ("test_loss", "lower"),
        ("test_perplexity", "lower"),
        ("test_bits_per_byte", "lower"),
        ("tokens_per_second", "higher"),
        ("mfu", ""),
    ],
)
def test_a_metrics_name_says_which_way_is_better(name: str, way: str) -> None:
    assert better(name) == way


def test_metrics_have_a_direction_and_everything_else_is_same_or_changed() -> None:
    first = replace(
        evaluated(),
        metrics={"test_accuracy": 0.9, "train_loss": 0.5, "mfu": 0.4, "only": 1.0},
        lineage=Lineage(training_job="j", data={"train": "s3://b/old"}, code="src-1", hyperparameters="sha256:1"),
        artifact=Artifact(uri="s3://b/m", bytes=5),
    )
    second = replace(
        first,
        metrics={"test_accuracy": 0.95, "train_loss": 0.6, "mfu": 0.5},
        lineage=Lineage(training_job="k", data={"train": "s3://b/new"}, code="src-2", hyperparameters="sha256:2"),
        artifact=Artifact(uri="s3://b/n", bytes=10),
        evaluation=Evaluation(job="e", metrics={"test_accuracy": 0.98, "test_loss": 0.05}),
    )
    found = {(row.what, row.name): row.verdict for row in rows(first, second)}
    assert found == {
        ("metric", "test_accuracy"): "better",
        ("metric", "train_loss"): "worse",
        ("metric", "mfu"): "changed",
        ("metric", "only"): "unknown",
        ("evaluation", "test_accuracy"): "same",
        ("evaluation", "test_loss"): "better",
        ("data", "train"): "changed",
        ("code", "sources"): "changed",
        ("image", "serving"): "same",
        ("artifact", "address"): "changed",
        ("hyperparameter", "digest"): "changed",
        ("size", "bytes"): "worse",
    }


def test_hyperparameters_are_named_where_both_jobs_are_still_known() -> None:
    first = evaluated()
    found = rows(first, first, ({"epochs": "15", "seed": "0"}, {"epochs": "20", "seed": "0", "width": "24"}))
    shown = [(row.name, row.first, row.second, row.verdict) for row in found if row.what == "hyperparameter"]
    assert shown == [("epochs", "15", "20", "changed"), ("seed", "0", "0", "same"), ("width", None, "24", "changed")]
