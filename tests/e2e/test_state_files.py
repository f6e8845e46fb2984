"""A state file that is damaged, gone or does not fit the disk: it is said, and the next `up` makes nothing twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e import inventory
from tests.e2e.slipway import Slipway
from tools.engine import state


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _noise(path: Path) -> None:
    path.write_bytes(b"\x00\xff{not a state")


@pytest.mark.parametrize(
    ("damage", "copies"),
    [(_cut_short, True), (_empty, True), (_noise, False), (Path.unlink, False)],
    ids=["cut short", "empty", "noise, and no copy left", "gone, with every copy"],
)
def test_a_damaged_state_file_is_told_and_the_next_up_makes_nothing_twice(here: Slipway, damage: object, copies: bool) -> None:
    if here.made("local") == 0:
        here.be_small()
        here.ask("up")
    before = inventory.of_cloud(here)
    place = here.place("local")
    damage(place.state_file)  # type: ignore[operator]
    if not copies:
        for copy in (place.good_copy, Path(f"{place.state_file}.bak"), *place.history.glob("*")):
            with suppress(FileNotFoundError):
                copy.unlink()
    answer = here.run("up", "--json")
    if damage is not Path.unlink:
        assert "is not whole" in answer.err
        assert "last good copy" in answer.err if copies else "what the cloud still has" in answer.err
        assert list(place.archive.glob("*-corrupt.json")), "the damaged file was thrown away"
    assert inventory.of_cloud(here) == before
    inventory.same(here, "local")
    assert state.read(place.state_file) is not None


def test_a_state_that_no_longer_fits_the_disk_is_told_and_the_next_up_goes_on(small: Slipway) -> None:
    answer = small.run_apart("up", code=1, largest_file=40 * 1024)
    assert "failed to save snapshot" in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) < 15, answer.err
    before = inventory.of_cloud(small)
    inventory.converges(small)
    # All was made, and only not written down.
    assert inventory.of_cloud(small) == before
