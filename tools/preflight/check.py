"""The preflight: checks the account first, then every kind of check in parallel, since each only waits for answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Thread

from tools.plan.links import LinkedPlan
from tools.plan.view import Plan
from tools.preflight import addresses, limits, names, offering, permission, quotas, reservation
from tools.preflight.account import Account
from tools.preflight.fleets import fleets as fleets_of
from tools.preflight.needs import live
from tools.preflight.places import Places
from tools.preflight.quotas import Machine
from tools.preflight.report import Preflight, Row, State


def preflight(
    plan: Plan, account: Account, machines: Mapping[str, Machine], *, owner: str = "", principal: str = ""
) -> Preflight:
    """Whether a plan fits the account. `machines` are EC2's instance types, `owner` is the id of the stack's account.

    `principal` is the arn of whoever will run `up`; "" is the caller, and "none" checks no rights.
    Raises NoAccount where there is no account to ask.
    """
    wrong = _owner(owner, account)
    if wrong.state is State.SHORT:
        # The credentials are of another account, whose answers would say nothing about the stack's own.
        return Preflight.of([wrong])
    # The engine's order differs from run to run; sorted by urn, the same plan gives the same rows.
    views = sorted(live(plan), key=lambda view: view.urn or view.name)
    links = LinkedPlan(views)
    fleets = fleets_of(views, links)
    places = Places(views, links, account)
    wrong_values = limits.rows(views)
    kinds: tuple[Callable[[], list[Row]], ...] = (
        lambda: quotas.rows(views, links, fleets, machines, account),
        lambda: offering.rows(fleets, places, account),
        lambda: reservation.rows(fleets, places, account),
        lambda: addresses.rows(views, links, fleets, places, account),
        lambda: names.rows(views, account),
        lambda: permission.rows(views, account, principal),
    )
    return Preflight.of([wrong, *wrong_values, *_together(kinds)])


def _together(kinds: Sequence[Callable[[], list[Row]]]) -> list[Row]:
    """The rows of all kinds, each from a thread of its own. The threads are daemons, so Ctrl-C does not wait for an answer."""
    answers: list[list[Row] | BaseException] = [[] for _ in kinds]

    def ask(number: int) -> None:
        try:
            answers[number] = kinds[number]()
        except BaseException as error:  # raised again in the main thread, where it is seen
            answers[number] = error

    threads = [Thread(target=ask, args=(number,), daemon=True) for number in range(len(kinds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found: list[Row] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        found += answer
    return found


def _owner(owner: str, account: Account) -> Row:
    """Whether the credentials are those of the account that the stack file names. The local cloud has no owner."""
    caller = account.caller["Account"]
    if not owner or account.local:
        return Row(kind="account", code="id", need="any", have=caller, says=f"the account is {caller}")
    if owner == caller:
        return Row(kind="account", code="id", need=owner, have=caller, says=f"the account is {caller}, as slipway:accountId says")
    return Row(
        kind="account",
        code="id",
        need=owner,
        have=caller,
        says=f"the stack is for account {owner} (slipway:accountId), the credentials are of {caller} ({account.caller['Arn']})",
        state=State.SHORT,
        way_out=(f"log in to {owner} (AWS_PROFILE), or mend slipway:accountId; nothing else was asked",),
    )
