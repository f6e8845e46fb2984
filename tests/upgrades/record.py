"""Records what a release makes: every stack of a checkout, brought up in a local cloud of its own, exported and scrubbed.

    python -m tests.upgrades.record 0.2.0
    python -m tests.upgrades.record 0.1.0 --checkout ../slipway-0.1.0 local prod    # a release that was not recorded in time

Each job trains for one epoch. A recording takes some minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.e2e.slipway import Slipway, slipway
from tests.e2e.stacks import with_short_training
from tests.upgrades.changelog import version_of
from tests.upgrades.recorded import Recorded
from tests.upgrades.scrub import scrubbed
from tools.engine.home import REPOSITORY


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrades.record", description="Record the states of a release.")
    parser.add_argument("release", help="the version, as CHANGELOG.md has it")
    parser.add_argument("stacks", nargs="*", help="the stacks (default: every Pulumi.<stack>.yaml of the checkout)")
    parser.add_argument("--checkout", type=Path, default=REPOSITORY, help="the checkout of that release (default: this one)")
    asked = parser.parse_intermixed_args(arguments)
    checkout = asked.checkout.resolve()
    there = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in checkout.glob("Pulumi.*.yaml"))
    if not there or not (checkout / "tools" / "cli").is_dir():
        # Without a program of its own the installed one would run there, and be recorded under a release that it is not.
        parser.error(f"{checkout} is no checkout of Slipway; give the root of one, as `git worktree add` makes it")
    if unknown := sorted(set(asked.stacks) - set(there)):
        parser.error(f"{', '.join(unknown)}: no such stack in {checkout}; there are {', '.join(there)}")
    try:
        version_of(asked.release)
    except ValueError as error:
        parser.error(str(error))
    for stack in asked.stacks or there:
        print(f"{stack}: up, with one pass of each job ...", file=sys.stderr)
        try:
            with slipway(checkout) as here:
                state = record(here, Recorded(release=asked.release, stack=stack))
        except (AssertionError, KeyboardInterrupt) as stopped:
            print(f"{stack} is not recorded; what was recorded before stays. {stopped}", file=sys.stderr)
            return 1
        print(f"{state.state_file.relative_to(REPOSITORY)}: {state.state_file.stat().st_size:,} bytes")
    return 0


def record(here: Slipway, state: Recorded) -> Recorded:
    """Brings the stack up, and writes its export and its stack file to the recorded states."""
    here.edit(state.stack, with_short_training)
    here.run("up", state.stack, "--local", "--yes")
    document = here.run("export", state.stack, "--local").json
    stack_file = (here.stacks / f"Pulumi.{state.stack}.yaml").read_text(encoding="utf-8")
    state.write(scrubbed(document, (here.checkout, here.root)), stack_file)
    return state


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
