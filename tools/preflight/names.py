"""Names: whether the names of the resources that a change creates are free. Resources in the stack's state are not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlparse

from catalog.types import cloudwatch, iam, s3, secretsmanager
from catalog.types.card import Card, Lookup
from catalog.types.every import CARDS
from tools.plan.reader import Block
from tools.plan.view import ResourceView
from tools.preflight.account import Account, Unanswered
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "name"
# Gives the fault of a name; "" where the name is free.
Taken = Callable[[Account, str], str]


def _asked(lookup: Lookup) -> Taken:
    """A check by a lookup: the name is taken where the account knows a resource of that name."""

    def taken(account: Account, name: str) -> str:
        params: dict[str, Any] = {lookup.parameter: [name] if lookup.listed else name}
        answer = account.found(lookup.service, lookup.operation, lookup.missing, **params)
        return "is there already" if answer is not None and (not lookup.key or answer.get(lookup.key)) else ""

    return taken


def _bucket(account: Account, name: str) -> str:
    """The fault of a bucket's name. S3 answers 403 for a bucket of another account, and 301 for one in another region."""
    try:
        answer = account.found("s3", "head_bucket", ("404", "NoSuchBucket"), Bucket=name)
    except Unanswered as error:
        if error.code in ("403", "301"):
            return "is taken by somebody else" if error.code == "403" else "is there already, in another region"
        raise
    return "" if answer is None else "is there already"


def _policy(account: Account, name: str) -> str:
    arn = f"arn:{account.partition}:iam::{account.caller['Account']}:policy/{name}"
    return "is there already" if account.found("iam", "get_policy", ("NoSuchEntity",), PolicyArn=arn) is not None else ""


def _secret(account: Account, name: str) -> str:
    answer = account.found("secretsmanager", "describe_secret", ("ResourceNotFoundException",), SecretId=name)
    if answer is None:
        return ""
    return "waits for its deletion, and its name with it" if answer.get("DeletedDate") else "is there already"


def _log_group(account: Account, name: str) -> str:
    groups = account.every("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    return "is there already" if any(group["logGroupName"] == name for group in groups) else ""


def _oidc(account: Account, url: str) -> str:
    host = urlparse(url).netloc + urlparse(url).path if "://" in url else url
    for item in account.ask("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        if item["Arn"].endswith(f":oidc-provider/{host.rstrip('/')}"):
            return "is there already, and an account has only one"
    return ""


# Types for which no single call answers whether a name is taken.
_SPECIAL_CHECKS: Final[Mapping[Card, Taken]] = {
    s3.BUCKET: _bucket,
    iam.POLICY: _policy,
    iam.OPEN_ID_CONNECT_PROVIDER: _oidc,
    cloudwatch.LOG_GROUP: _log_group,
    secretsmanager.SECRET: _secret,
}
NAMED: Final = tuple(card for card in CARDS.values() if card.unique)


def rows(views: Iterable[ResourceView], account: Account) -> list[Row]:
    """One row for each kind of name, with the free names, and one for each name that is taken."""
    wanted: dict[Card, list[str]] = {}
    for view in views:
        card = CARDS.get(view.type)
        if card and card.unique and view.custom and view.op == "create" and (name := Block.of(view).text(card.name, unknown="")):
            wanted.setdefault(card, []).append(name)
    return [row for card, names in wanted.items() for row in _kind(card, names, account)]


def _kind(card: Card, names: list[str], account: Account) -> list[Row]:
    unique = card.unique
    assert unique
    taken = _asked(unique.lookup) if unique.lookup else _SPECIAL_CHECKS[card]
    found: list[Row] = []
    free: list[str] = []
    for name in names:
        try:
            fault = taken(account, name)
        except Unanswered as error:
            # After one refusal no more names of this kind are asked: the next call would be refused as well.
            return [*found, unknown(KIND, unique.plural, len(names), f"{several(names)}: {error}")]
        if fault:
            says = f"{unique.plural}: {name} {fault}"
            found.append(
                Row(kind=KIND, code=name, need="free", have="taken", says=says, state=State.SHORT, way_out=(unique.way_out,))
            )
        else:
            free.append(name)
    if free:
        found.append(Row(kind=KIND, code=unique.plural, need=len(free), have=len(free), says=f"{several(free)}: free"))
    return found
