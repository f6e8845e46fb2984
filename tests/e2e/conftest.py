"""A cloud a file: its tests share it, and files run beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import stacks
from tests.e2e.slipway import Slipway, slipway

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def here() -> Iterator[Slipway]:
    """A home of its own, with the local cloud not started yet."""
    with slipway() as made:
        yield made


@pytest.fixture
def empty(here: Slipway) -> Slipway:
    """The small stack, on a cloud with nothing in it."""
    here.restore()
    here.edit("local", stacks.without_workloads)
    here.run("local", "start")
    here.run("local", "reset")
    return here
