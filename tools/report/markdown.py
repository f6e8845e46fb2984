"""The comment on a pull request: a change as Markdown of GitHub and GitLab, short enough for both.

The comment's first line is a hidden marker, by which the next run finds and updates it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from tools.report.change import (
    PREFLIGHT_MARKS,
    Change,
    Changed,
    Finding,
    Money,
    Need,
    Policy,
    Preflight,
    Property,
    alike,
    grouped,
)

# GitHub takes 65,536 characters. We count bytes, of which a text has at least as many as characters.
COMMENT_LIMIT: Final = 65_536
ROOM: Final = COMMENT_LIMIT - 1_024
# How many rows each list may show: the first number with which the comment fits is taken. With 0 rows only counts remain.
ROWS: Final = (500, 200, 100, 50, 25, 12, 6, 3, 1, 0)
# A list with more rows is folded.
OPEN: Final = 12
BAR: Final = 20
_NAMED: Final = 3
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~#$!{}]")


def comment(change: Change, *, note: str = "") -> str:
    """The comment's text, never longer than GitHub takes. `note` is a line for its foot (which commit, which run)."""
    for rows in ROWS:
        text = _render(change, note, rows)
        if len(text.encode()) <= ROOM:
            break
    return text


def marker(stack: str, *, about: str = "slipway") -> str:
    """The hidden first line by which the comment or issue of this stack is found and updated in place."""
    return f"<!-- {about}:{re.sub(r'[^A-Za-z0-9_.-]', '-', stack)} -->"


def text(words: str) -> str:
    """Text that Markdown shows as it is: characters that would make markup, a table, a link or a mention are escaped."""
    plain = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", " ".join(words.split()))
    return plain.replace("@", "@&#8203;").replace("://", ":&#8203;//")


def code(name: str) -> str:
    """A name as code, by an HTML tag: a name may contain backticks, and in a table a pipe would end the cell."""
    return f"<code>{text(name)}</code>"


def _render(change: Change, note: str, rows: int) -> str:
    parts = [marker(change.stack), _head(change)]
    if change.faults:
        parts.append(_listed("The preview failed", [f"- {text(fault)}" for fault in change.faults], rows, fold=False))
    parts += _changes(change, rows)
    parts += _money(change.money, rows) if change.money else []
    parts += _policy(change.policy, rows) if change.policy else []
    parts += _preflight(change.preflight, rows) if change.preflight else []
    parts.append(_foot(change, note))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(change: Change) -> str:
    verdict = f"⛔ **`up` would stop: {', '.join(change.blocks)}.**" if change.blocks else "✅ **Nothing is in the way of `up`.**"
    losing = sum(1 for one in change.of("replace", "delete") if one.loses)
    lost = f" ⚠️ **{losing} of what is replaced or deleted holds data or serves.**" if losing else ""
    counts = ", ".join(f"{count} {words}" for words, count in _counts(change) if count) or "no changes"
    money = f" · {change.money.after:,.2f} USD a month ({change.money.delta:+,.2f})" if change.money else ""
    return f"### Slipway {code(change.stack)}: {counts}{money}\n\n{verdict}{lost}"


def _counts(change: Change) -> list[tuple[str, int]]:
    """(words, number) of each operation. Only real resources count: a component is nothing in the cloud."""
    return [(f"to {op}", len(change.of(op))) for op in ("create", "update", "replace", "delete")]


def _changes(change: Change, rows: int) -> list[str]:
    hard, updated, created = change.of("replace", "delete"), change.of("update"), change.of("create")
    if not (hard or updated or created):
        return []
    parts = ["#### What changes"]
    losing, others = [one for one in hard if one.loses], [one for one in hard if not one.loses]
    for title, found, fold in (("", losing, False), (f"{len(others)} replaced or deleted that hold no data", others, None)):
        if found:
            lines = ["| | Resource | What | |", "| --- | --- | --- | --- |"] + [_hard(one) for one in found]
            parts.append(_listed(title, lines, rows, head=2, fold=fold))
    if updated:
        lines = ["| Updated | What | Properties |", "| --- | --- | --- |"] + [_updated(*row) for row in alike(updated)]
        parts.append(_listed(f"{len(updated)} updated", lines, rows, head=2))
    if created:
        lines = ["| Component | Created | What |", "| --- | ---: | --- |"]
        lines += [f"| {text(name)} | {count} | {_kinds(kinds)} |" for name, count, kinds in grouped(created)]
        parts.append(_listed("", lines, rows, head=2, fold=False))
        if len(created) > 1:
            names = [f"- {code(one.name)} {text(one.type)}" for one in created]
            parts.append(_listed(f"{len(created)} created, by name", names, rows, fold=True))
    return parts


def _hard(one: Changed) -> str:
    because = f"because of {_cells(map(code, one.because), _NAMED * 2)}" if one.because else ""
    loses = f"⚠️ **loses {text(one.loses)}**" if one.loses else ""
    return f"| **{one.op}** | {code(one.name)} | {text(one.kind)} | {'; '.join(part for part in (loses, because) if part)} |"


def _updated(properties: tuple[Property, ...], ones: Sequence[Changed]) -> str:
    kinds = Counter(one.kind for one in ones).most_common()
    return f"| {_names([one.name for one in ones], OPEN)} | {_kinds(kinds)} | {_cells(map(_property, properties), 8)} |"


def _property(one: Property) -> str:
    if not (one.old or one.new):
        return code(one.path)
    return f"{code(one.path)} {text(one.old) or 'unset'} → {text(one.new) or 'unset'}"


def _kinds(kinds: Sequence[tuple[str, int]]) -> str:
    return _cells((f"{text(kind)} ×{count}" if count > 1 else text(kind) for kind, count in kinds), 8, ", ", "kinds")


def _money(money: Money, rows: int) -> list[str]:
    ceiling = f"{money.ceiling:,.2f}{money.holds}" if money.ceiling is not None else "none"
    heads, values = ["Before", "After", "Change", "Ceiling"], [f"{money.before:,.2f}", f"**{money.after:,.2f}**"]
    values += [f"{money.delta:+,.2f}", f"{ceiling}{' ⛔ passed' if money.over else ''}"]
    if money.least is not None and money.most is not None:
        heads, values = [*heads, "Scaled in", "Scaled out"], [*values, f"{money.least:,.2f}", f"{money.most:,.2f}"]
    row = "| " + " | ".join(values) + " |"
    parts = ["#### Money, USD a month", f"| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}\n{row}"]
    if money.over:
        parts.append("Make it smaller, or raise `slipway:cost.ceilingMonthlyUsd` in the stack file, where a reviewer sees it.")
    if money.largest:
        most = money.largest[0].usd
        lines = ["| The largest | USD | | Why |", "| --- | ---: | --- | --- |"]
        for line in money.largest:
            bar = "█" * max(1, round(BAR * line.usd / most))
            lines.append(f"| {code(line.name)} {text(line.kind)} | {line.usd:,.2f} | {bar} | {text(line.basis)} |")
        parts.append(_listed(f"The {len(money.largest)} largest", lines, rows, head=2, fold=True))
    if money.savings:
        lines = ["| Resource | Saves | How |", "| --- | ---: | --- |"]
        lines += [f"| {code(one.name)} | {one.usd:,.2f} | {text(one.how)} |" for one in money.savings]
        parts.append(_listed(f"What would cost less: {money.saved:,.2f} a month", lines, rows, head=2, fold=True))
    if money.unpriced:
        lines = [f"- {code(name)} {text(why)}" for name, why in money.unpriced]
        parts.append(_listed(f"⚠️ {len(money.unpriced)} without a price, not in the sum", lines, rows))
    return parts


def _policy(policy: Policy, rows: int) -> list[str]:
    asked = f"{policy.rules} rules on {policy.evaluated} resources"
    parts = [f"#### Policies: {asked}"]
    if policy.mandatory:
        lines = [_finding(one, most=12) for one in policy.mandatory]
        parts.append(_listed("⛔ Mandatory: mend these first", lines, rows, fold=False))
    else:
        parts.append("No mandatory rule is broken.")
    if policy.advisory:
        count = sum(len(one.names) for one in policy.advisory)
        parts.append(_listed(f"{count} advisory", [_finding(one) for one in policy.advisory], rows, fold=True))
    if policy.waiting:
        count = sum(len(one.names) for one in policy.waiting)
        lines = [f"- {code(one.rule)} waits for {code(one.message)} of {_names(one.names)}" for one in policy.waiting]
        parts.append(_listed(f"{count} settled at `up`: what they judge is not known yet", lines, rows, fold=True))
    return parts


def _finding(one: Finding, *, most: int = _NAMED) -> str:
    return f"- **{text(one.rule)}** on {_names(one.names, most)}: {text(one.message)}"


def _names(names: Sequence[str], most: int = _NAMED) -> str:
    return _cells(map(code, names), most, ", ")


def _preflight(preflight: Preflight, rows: int) -> list[str]:
    mark = "" if preflight.ok else "⛔ "
    open_ = [row for row in preflight.rows if row.state != "ok"]
    fits = [row for row in preflight.rows if row.state == "ok"]
    tables = [_listed("", _needs(open_), rows, head=2)] if open_ else []
    tables += [_listed(f"{len(fits)} asked and fine", _needs(fits), rows, head=2, fold=True)] if fits else []
    return [f"#### Preflight: {mark}{preflight.verdict}", *tables]


def _needs(found: Sequence[Need]) -> list[str]:
    lines = ["| | Kind | Code | Needed | There | |", "| --- | --- | --- | ---: | ---: | --- |"]
    for row in found:
        cells = (PREFLIGHT_MARKS.get(row.state, ""), *map(text, (row.kind, row.code, row.need, row.have, row.message)))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _foot(change: Change, note: str) -> str:
    money = change.money
    prices = f"prices of {text(money.region)} as of {text(money.priced_at)}" if money and money.priced_at else ""
    parts = (f"{change.counts['same']} unchanged", f"{change.seconds:.1f} s", prices, text(note))
    return f"<sub>{' · '.join(part for part in parts if part)}</sub>"


def _cells(items: Iterable[str], most: int, between: str = "; ", of: str = "") -> str:
    """The first `most` of some items in one table cell, and how many more there are; `of` is the word for them."""
    found = list(items)
    left = len(found) - most
    more = f" and {left} more {of.removesuffix('s') if left == 1 else of}".rstrip() if left > 0 else ""
    return between.join(found[:most]) + more


def _listed(title: str, lines: list[str], rows: int, *, head: int = 0, fold: bool | None = None) -> str:
    """A list, or a table whose first `head` lines are its heading, cut to `rows` rows, with a count of the rest.

    `fold` says whether it is folded; None folds what has more than `OPEN` rows.
    """
    total = len(lines) - head
    listed, cut = lines[: head + rows], total - rows
    if total and not rows:
        listed = []
    body = "\n".join(listed) + (f"\n\n… and {cut} more: `./slipway preview` shows all." if cut > 0 else "")
    if fold if fold is not None else total > OPEN:
        return f"<details><summary>{_summary(title)}</summary>\n\n{body.strip()}\n\n</details>"
    return (f"**{title}**\n\n" if title else "") + body.strip()


def _summary(title: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", title)
