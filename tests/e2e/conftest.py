"""A home and a cloud a worker, emptied for every file; and one stack that is up, for the tests that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import inventory, processes, stacks
from tests.e2e.slipway import Slipway, slipway

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def home() -> Iterator[Slipway]:
    """The worker's own home. Starting its cloud takes seconds, so it stays for all files."""
    with slipway() as made:
        yield made


@pytest.fixture(scope="module")
def here(home: Slipway) -> Iterator[Slipway]:
    """A home in which nothing was ever done. Its cloud may run; it is empty then."""
    home.afresh()
    yield home
    try:
        home.afresh()
    except BaseException:
        processes.end(home.root)  # the next file is not to suffer from this one
        raise


@pytest.fixture
def empty(here: Slipway) -> Slipway:
    """The whole platform but for jobs and endpoints, not up, on a cloud with nothing in it."""
    here.afresh()
    here.edit("local", stacks.without_workloads)
    here.run("local", "start")
    return here


@pytest.fixture
def small(empty: Slipway) -> Slipway:
    """A stack of about 40 resources, not up, on a cloud with nothing in it."""
    empty.be_small()
    return empty


@pytest.fixture(scope="session")
def platform() -> Iterator[tuple[Slipway, dict[str, Any]]]:
    """A home of its own where the whole platform but for jobs and endpoints is up, and what its `up` said."""
    with slipway() as made:
        made.edit("local", stacks.without_workloads)
        yield made, made.ask("up")


@pytest.fixture(scope="module")
def looked_at(platform: tuple[Slipway, dict[str, Any]]) -> Iterator[Slipway]:
    """The home of the stack that is up. Whoever changes it puts it back: the next file finds it as it was."""
    there, document = platform
    yield there
    inventory.same(there, "local")
    assert there.ask("preview")["changes"]["same"] == document["changes"]["create"]
