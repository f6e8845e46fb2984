"""What the tests of data share."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any, TypeVar

from workloads.data import prepare
from workloads.stores.store import Store

CORPUS_BYTES = 120_000
Place = TypeVar("Place", bound=Path | str)


def make_corpus(out: Place, **settings: Any) -> Place:
    """Run `workloads.data.prepare`; gives back `out`."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    with contextlib.redirect_stdout(io.StringIO()):
        assert prepare.main([*arguments, "--out", str(out)]) == 0
    return out


def copy(here: Store, there: Store) -> None:
    for name in here.entries():
        there.write(name, here.read(name))
