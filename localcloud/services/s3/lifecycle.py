"""The relations inside a bucket's lifecycle rules that S3 checks: which class comes when, and what must come after what.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from catalog.limits.storage import INFREQUENT, INFREQUENT_AFTER_DAYS

_ACTIONS: Final = (
    *("Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions"),
    "AbortIncompleteMultipartUpload",
)
# The order in which objects may go down: a class never gives to one before it.
_DOWN: Final = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
Fault = tuple[str, str]


def faults(rules: list[Mapping[str, Any]]) -> Iterator[Fault]:
    """(code, words) of each relation that the rules break."""
    named = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(named) != len(set(named)):
        yield "InvalidArgument", "Rule ID must be unique. Found same ID for one or more rules"
    for rule in rules:
        if not any(rule.get(action) for action in _ACTIONS):
            yield "InvalidRequest", "At least one action needs to be specified in a rule"
        yield from _of_current(rule)
        yield from _of_noncurrent(rule)


def _of_current(rule: Mapping[str, Any]) -> Iterator[Fault]:
    where, expiration = _where(rule), rule.get("Expiration") or {}
    moves = rule.get("Transitions") or []
    if sum(name in expiration for name in ("Days", "Date", "ExpiredObjectDeleteMarker")) > 1:
        yield "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    if any("Days" in move for move in moves) and (any("Date" in move for move in moves) or "Date" in expiration):
        yield (
            "InvalidRequest",
            f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for {where}",
        )
    for move in moves:
        days = move.get("Days")
        if days is None:
            continue
        if days < 0:
            yield "InvalidArgument", "'Days' in Transition action must be nonnegative"
        if move.get("StorageClass") in INFREQUENT and days < INFREQUENT_AFTER_DAYS:
            yield "InvalidArgument", _too_early("Days", "Transition", move["StorageClass"])
        if expiration.get("Days") is not None and expiration["Days"] <= days:
            yield (
                "InvalidArgument",
                f"'Days' in the Expiration action for {where} must be greater than 'Days' in the Transition action",
            )
    yield from _order(moves, "Days", "Transition", where)


def _of_noncurrent(rule: Mapping[str, Any]) -> Iterator[Fault]:
    where, expiration = _where(rule), rule.get("NoncurrentVersionExpiration") or {}
    moves = rule.get("NoncurrentVersionTransitions") or []
    for move in moves:
        days = move.get("NoncurrentDays")
        if days is None:
            continue
        if move.get("StorageClass") in INFREQUENT and days < INFREQUENT_AFTER_DAYS:
            yield "InvalidArgument", _too_early("NoncurrentDays", "NoncurrentVersionTransition", move["StorageClass"])
        if expiration.get("NoncurrentDays") is not None and expiration["NoncurrentDays"] <= days:
            yield (
                "InvalidArgument",
                f"'NoncurrentDays' in the NoncurrentVersionExpiration action for {where} must be greater than "
                "'NoncurrentDays' in the NoncurrentVersionTransition action",
            )
    yield from _order(moves, "NoncurrentDays", "NoncurrentVersionTransition", where)


def _order(moves: list[Mapping[str, Any]], member: str, action: str, where: str) -> Iterator[Fault]:
    """An object lies 30 days in an infrequent class before it goes on, and never comes back up."""
    timed = [move for move in moves if move.get(member) is not None and move.get("StorageClass") in _DOWN]
    classes = [move["StorageClass"] for move in timed]
    if len(classes) != len(set(classes)):
        yield "InvalidRequest", f"'StorageClass' must be different for '{action}' actions in same 'Rule' with {where}"
        return
    timed.sort(key=lambda move: _DOWN.index(move["StorageClass"]))
    for upper, lower in pairwise(timed):
        kept = INFREQUENT_AFTER_DAYS if upper["StorageClass"] in INFREQUENT else 0
        if lower[member] < upper[member] + kept or (not kept and lower[member] == upper[member]):
            more = f"{kept} days more than" if kept else "greater than"
            yield (
                "InvalidArgument",
                f"'{member}' in {action} action for StorageClass '{lower['StorageClass']}' for {where} must be {more} "
                f"'{member}' in {action} action for StorageClass '{upper['StorageClass']}'",
            )


def _too_early(member: str, action: str, storage_class: str) -> str:
    return (
        f"'{member}' in {action} action must be greater than or equal to {INFREQUENT_AFTER_DAYS} "
        f"for storageClass '{storage_class}'"
    )


def _where(rule: Mapping[str, Any]) -> str:
    """What a rule is for, as S3's sentences name it."""
    within = rule.get("Filter") or {}
    prefix = rule.get("Prefix") or within.get("Prefix") or (within.get("And") or {}).get("Prefix") or ""
    return f"filter '(prefix={prefix})'"
