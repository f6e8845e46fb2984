"""A bootstrap for people: a line a thing, what was made or mended about it, and the commands that come next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from infra.identity import github as github_identity
from tools.bootstrap.role_steps import PROVIDER
from tools.bootstrap.state_steps import BUCKET, STATE_KEY
from tools.bootstrap.step import DONE, FOUND, MAKE, MEND, Outcome
from tools.bootstrap.target import KEY_ALIAS
from tools.cli.terminal.console import console, escaped
from tools.flows.bootstrapping import Bootstrap

_STYLES: Final = {MAKE: "green", DONE[MAKE]: "green", MEND: "yellow", DONE[MEND]: "yellow", FOUND: "dim"}
# A thing that was there is mended when something of it is made.
_OF_A_PART: Final = {MAKE: MEND, DONE[MAKE]: DONE[MEND]}


def table(environment: Bootstrap, outcomes: Iterable[Outcome]) -> None:
    """One line a thing: a new one with its name, one that was there with what of it was not as it must be."""
    out = console()
    things: dict[str, list[Outcome]] = {}
    for one in outcomes:
        things.setdefault(one.thing, []).append(one)
    width = max(len(thing) for thing in things)
    for thing, parts in things.items():
        changed = [one for one in parts if one.op != FOUND]
        made = parts[0].op in (MAKE, DONE[MAKE])
        op = parts[0].op if made or not changed else _OF_A_PART.get(changed[0].op, changed[0].op)
        what = "" if made else ", ".join(one.aspect for one in changed)
        detail = f"{_name(environment, thing)}{': ' if what else ''}{what}"
        out.print(f"  [{_STYLES[op]}]{op:<6}[/]  {escaped(f'{thing:<{width}}')}  {escaped(detail)}", soft_wrap=True)


def notes(lines: Iterable[str]) -> None:
    out = console()
    for line in lines:
        out.print("[yellow]note[/]: ", end="")
        out.print(line, markup=False, soft_wrap=True)


def next_steps(environment: Bootstrap) -> None:
    """The commands that follow, ready to paste."""
    out = console()
    stack, repository = environment.target.stack, environment.target.repository
    if environment.local:
        out.print("nothing of AWS was touched: this was the local cloud. On the account itself:")
        out.print(f"  ./slipway bootstrap {stack}", markup=False)
        return
    lines = [f"export PULUMI_BACKEND_URL={environment.target.backend_url}", f"./slipway up {stack}"]
    lines += [
        f"gh variable set {name} --repo {repository} --body {value}"
        for name, value in environment.variables.items()
        if repository
    ]
    out.print("[bold]Next[/]")
    for line in lines:
        out.print(f"  {line}", markup=False, soft_wrap=True)
    out.print(f"Commit {environment.source.name}: its two lines of encryption are no secrets, and everybody's `up` needs them.")
    if repository:
        out.print(f"In {repository}, make the environment {stack} with reviewers: the up role trusts it alone.")


def _name(environment: Bootstrap, thing: str) -> str:
    target = environment.target
    names = {
        STATE_KEY: KEY_ALIAS,
        BUCKET: target.bucket,
        PROVIDER: github_identity.ISSUER,
        environment.source.name: f"secrets under {KEY_ALIAS}",
        **{f"{purpose} role": target.role(purpose) for purpose in environment.roles},
    }
    return names[thing]
