import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _collector_on_again() -> Iterator[None]:
    """A verb turns the garbage collector off for its short life; here the process lives on."""
    yield
    gc.enable()
