"""Whatever a request holds, it is taken or refused: no relation stumbles over a value that its model lets through."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.limits.every import by_call
from localcloud.kernel.gate import Gate
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.kernel.store import Store
from localcloud.services.gathered import refusals

SESSION = get_session()
OPERATIONS = sorted({*refusals(), *by_call()})
TEXTS = (
    "",
    "a",
    "a" * 70,
    "alias/aws/x",
    "{}",
    "[]",
    "null",
    '{"Statement": 5}',
    '{"Statement": [{"Principal": [1]}]}',
    "1",
    "-1",
    "é",
)
DOCUMENT = '{"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*", 5]}, "Action": {"a": 1}, "Resource": null}}'


class Made:
    """Values of a shape, some right, some at the edge, some of no use; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, shape: Any, depth: int = 0) -> Any:
        kind = shape.type_name
        if kind == "structure":
            wanted = [
                name for name in shape.members if name in shape.required_members or (depth < 3 and self.random.random() < 0.5)
            ]
            return {name: self.of(shape.members[name], depth + 1) for name in wanted}
        if kind == "list":
            return [self.of(shape.member, depth + 1) for _ in range(self.random.choice((0, 1, 2)) if depth < 5 else 0)]
        if kind == "map":
            return {self.of(shape.key): self.of(shape.value, depth + 1) for _ in range(self.random.choice((0, 1, 2)))}
        if kind == "string":
            return self.random.choice((*(shape.metadata.get("enum") or ()), *TEXTS, DOCUMENT))
        if kind in ("integer", "long"):
            return self.random.choice((-1, 0, 1, 5, 30, 10**9))
        if kind in ("float", "double"):
            return self.random.choice((-1.0, 0.0, 0.5))
        return True if kind == "boolean" else None


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=lambda value: value)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_request_is_taken_or_refused(service: str, operation: str, seed: int) -> None:
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    gate = Gate(lambda *_: (), Store(), refusals())
    call = ApiCall(service, operation, "us-east-1", Made(seed).of(shape), Store())
    for judge in (gate.judge, *refusals().get((service, operation), ())):
        with contextlib.suppress(Refusal):
            judge(call)
