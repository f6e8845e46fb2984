"""The families of rules as a table for the page on policies: python -m policies.families"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from policies.rule import Rule
from policies.rules import all_rules


def families() -> dict[str, list[Rule]]:
    """The rules by the file that they are in."""
    found: dict[str, list[Rule]] = {}
    for rule in all_rules():
        found.setdefault(rule.judge.__module__.rpartition(".")[2], []).append(rule)
    return dict(sorted(found.items()))


def lines() -> Iterator[str]:
    """The table: how many rules a family has, how many of them stop, and what it is about (the first line of its file)."""
    yield "| Family | Rules | Stop | About |"
    yield "|---|---|---|---|"
    for family, rules in families().items():
        about = (sys.modules[f"policies.rules.{family}"].__doc__ or "").splitlines()[0].rstrip(".")
        stop = sum(rule.severity == "mandatory" for rule in rules)
        yield f"| `{family}` | {len(rules)} | {stop} | {about} |"


if __name__ == "__main__":
    print("\n".join(lines()))
