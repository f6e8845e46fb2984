"""Metrics in the form of SageMaker's model-quality statistics, which Studio and Model Monitor read.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
AWS names families for classification and regression; those of language models are ours, in the same form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

CONTENT_TYPE: Final = "application/json"
CLASSIFICATION: Final = "multiclass_classification_metrics"
LANGUAGE: Final = "language_model_metrics"
TRAINING: Final = "training_metrics"
_LANGUAGE_ONLY: Final = frozenset({"test_perplexity", "test_bits_per_byte"})
_HELD_OUT: Final = "test_"


def statistics(metrics: Mapping[str, float]) -> dict[str, Any]:
    """The document: each metric under its family. A metric on held-out data loses its `test_` there, as AWS writes it."""
    families: dict[str, dict[str, Any]] = {}
    for name, value in sorted(metrics.items()):
        family, shown = _family(name, metrics)
        # One run has no deviation: AWS writes NaN as text.
        families.setdefault(family, {})[shown] = {"value": value, "standard_deviation": "NaN"}
    return {"version": 0.0, **families}


def encoded(document: Mapping[str, Any]) -> bytes:
    """The document as it is stored: the same metrics, the same bytes."""
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def digest(body: bytes) -> str:
    """`sha256:<hex>`, as ModelMetrics takes it."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _family(name: str, metrics: Mapping[str, float]) -> tuple[str, str]:
    if not name.startswith(_HELD_OUT):
        return TRAINING, name
    shown = name.removeprefix(_HELD_OUT)
    if _LANGUAGE_ONLY & metrics.keys():
        return LANGUAGE, shown
    return CLASSIFICATION, shown
