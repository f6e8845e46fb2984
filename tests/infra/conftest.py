"""Stacks recorded once a session, for every test that looks at one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.recorder import Recording
from tests.support.stacks import recorded_stack


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Recording]:
    """`recorded("dev")` is that stack's recording."""
    return recorded_stack
