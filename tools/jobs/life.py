"""The life of a job, whoever runs it: its attempts and their names, taking up a run that is there, waiting for its end.

A run keeps its name for ever. So the name of a job is made of its definition, and an attempt after one that ended badly has a
name of its own: `<base>`, `<base>-r2`, `<base>-r3`. Whoever wants the same job asks for the same names, and two that ask at the
same moment wait for one run.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tools.jobs.runner import LookFailed, Runner
from tools.jobs.spec import JobSpec
from tools.jobs.view import STOPPING, JobView

ATTEMPTS_LIMIT: Final = 99
# Looks may fail this often in a row, beyond the client library's own retries, before the run is out of sight.
LOST_SIGHT_AFTER: Final = 6


class LostSight(ConnectionError):
    """A runner did not answer for a while. The run may go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pauses:
    """Seconds between looks: `first`, then each `growth` times the one before, up to `longest`."""

    first: float
    growth: float = 1.0
    longest: float = 10.0


# For a wait that nobody watches. On AWS the describe calls of an account are rationed.
GROWING: Final = Pauses(first=0.5, growth=1.3, longest=10.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """The run to wait for. `taken_up` says that it is there already; else it is still to be started, or was just started."""

    name: str
    taken_up: bool


def attempt_name(base: str, number: int) -> str:
    """The name of an attempt, counted from 1."""
    return base if number == 1 else f"{base}-r{number}"


def next_attempt(
    runner: Runner,
    name_of: Callable[[int], str],
    *,
    keeps: Callable[[JobView], bool],
    limit: int = ATTEMPTS_LIMIT,
    settles: bool = False,
) -> Attempt | None:
    """The first attempt whose run is worth keeping or that was never made; None after `limit` attempts that were neither.

    `keeps` says whether a run that is there is to be taken up. With `settles` the end of one that is stopping is waited for
    first: the next attempt goes on from its checkpoints.
    """
    for number in range(1, limit + 1):
        view = runner.describe(name := name_of(number))
        if view is not None and view.status == STOPPING and settles:
            view = wait(runner, name)
        if view is None or keeps(view):
            return Attempt(name=name, taken_up=view is not None)
    return None


def start(runner: Runner, spec: JobSpec, name_of: Callable[[int], str], *, keeps: Callable[[JobView], bool]) -> Attempt | None:
    """Takes up a run that is worth keeping, or starts the next attempt; None after too many attempts.

    A command that was killed so loses nothing and pays for nothing twice. Raises ValueError where the runner refuses the job.
    """
    attempt = next_attempt(runner, name_of, keeps=keeps, settles=True)
    if attempt is None or attempt.taken_up or runner.submit(spec, attempt.name):
        return attempt
    # Somebody else has started the same run since it was looked for.
    return Attempt(name=attempt.name, taken_up=True)


def start_new(runner: Runner, spec: JobSpec, name: str) -> str:
    """Starts a run under a name that no other has; the name. Raises ValueError where one has it, or the runner refuses."""
    if runner.submit(spec, name):
        return name
    raise ValueError(f"a training job {name} already exists; run the same command again for another name")


def require(runner: Runner, name: str) -> JobView:
    """One run as it is now. Raises ValueError for one that is not there, with names that are like it."""
    if view := runner.describe(name):
        return view
    names = runner.recent()
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the newest are {', '.join(names[:3])}" if names else "none ran"
    raise ValueError(f"there is no training job {name!r}; {hint}")


def stop(runner: Runner, name: str) -> None:
    """Asks a run to stop; one that has ended is left as it is. Raises ValueError for one that is not there."""
    if not require(runner, name).ended:
        runner.stop(name)


def wait(runner: Runner, name: str, *, on: Callable[[JobView], None] = lambda view: None) -> JobView:
    """Looks until the run has ended; how it ended. `on` gets every look but the last. Raises LostSight."""
    for view in looks(runner, name, GROWING):
        if view.ended:
            return view
        on(view)
    raise AssertionError("the looks end with one at a run that has ended")


def looks(runner: Runner, name: str, pauses: Pauses) -> Iterator[JobView]:
    """The run at one moment after another, up to its end. A look that fails is left out; too many in a row raise LostSight."""
    sight, pause = Sight(runner.describe), pauses.first
    while True:
        view = sight.look(name)
        if view is not None:
            yield view
            if view.ended:
                return
        time.sleep(pause)
        pause = min(pause * pauses.growth, pauses.longest)


class Sight:
    """Looks at runs that were seen or started before, and puts up with some looks in a row that fail.

    `ask` gives the run of a name; where it gives None, the run is not to be seen yet, which counts as a look that failed.
    """

    def __init__(self, ask: Callable[[str], JobView | None]) -> None:
        self._ask, self._misses = ask, 0

    def look(self, name: str) -> JobView | None:
        """The run now; None where this look failed. Raises LostSight where too many in a row did, and what else `ask` raises."""
        view, problem = None, "it is not there"
        try:
            view = self._ask(name)
        except LookFailed as error:
            problem = str(error)
        self._misses = self._misses + 1 if view is None else 0
        if self._misses > LOST_SIGHT_AFTER:
            raise LostSight(f"lost sight of training job {name} ({problem}); it may go on")
        return view
