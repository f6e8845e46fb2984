"""The page of a change: one HTML file that fetches nothing, with every value escaped. A script filters the rows.

Where scripts are off, the page still shows every row.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from tools.report.change import PREFLIGHT_MARKS, Change, Changed, Finding, Money, Policy, Preflight, Priced, grouped
from tools.report.page_style import css
from tools.report.svg import escape

# Shows the rows that contain every word typed. The search box appears only where the script runs, and the page's content
# security policy allows this script alone, by its hash.
SCRIPT: Final = """
const box = document.getElementById("find"), said = document.getElementById("found");
const rows = [...document.querySelectorAll("[data-row]")].map(row => [row, row.textContent.toLowerCase()]);
document.getElementById("finder").hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const [row, text] of rows) { row.hidden = !words.every(word => text.includes(word)); shown += row.hidden ? 0 : 1; }
  for (const part of document.querySelectorAll("details")) {
    if (words.length) part.open = part.querySelector("[data-row]:not([hidden])") !== null;
  }
  said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
});
"""
# A list with more rows is folded, so that the money and the verdicts stay near the top of the page.
OPEN: Final = 12
_MARKS: Final = {"create": "+", "update": "~", "replace": "±", "delete": "−"}


def page(change: Change, *, picture: str = "", note: str = "") -> str:
    """The page as a whole document.

    `picture` is an SVG made by tools/report, which is not escaped, "" for none; `note` is a line for the foot.
    """
    title = f"Slipway {change.stack}"
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{allowed}">',
        f"<title>{escape(title)}</title><style>{css()}</style></head><body><main>",
        _head(change),
        '<p id="finder" hidden><label>Find <input id="find" type="search" autocomplete="off"'
        ' placeholder="a name, a type, a rule"></label> <span id="found" class="quiet" aria-live="polite"></span></p>',
        _faults(change.faults),
        _changes(change),
        _money(change.money) if change.money else "",
        _policy(change.policy) if change.policy else "",
        _preflight(change.preflight) if change.preflight else "",
        _folded("Architecture, drawn from the plan", f'<figure class="drawn">{picture}</figure>') if picture else "",
        _foot(change, note),
        f"</main><script>{SCRIPT}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _head(change: Change) -> str:
    verdict = (
        f'<p class="verdict no">`up` would stop: {escape(", ".join(change.blocks))}</p>'
        if change.blocks
        else '<p class="verdict yes">Nothing is in the way of `up`</p>'
    )
    losing = [one for one in change.of("replace", "delete") if one.loses]
    lost = f'<p class="verdict no">{len(losing)} of what is replaced or deleted holds data or serves</p>' if losing else ""
    tiles = [(f"{len(change.of(op))}", f"to {op}", op) for op in _MARKS] + [(f"{change.counts['same']}", "unchanged", "same")]
    if change.money:
        tiles.append((f"{change.money.after:,.2f}", f"USD a month ({change.money.delta:+,.2f})", "usd"))
    shown = "".join(f'<li class="op-{kind}"><b>{number}</b> {words}</li>' for number, words, kind in tiles)
    words = f"{verdict}{lost}".replace("`up`", "<code>up</code>")
    return f'<h1>Slipway <code>{escape(change.stack)}</code></h1>{words}<ul class="tiles">{shown}</ul>'


def _faults(faults: Sequence[str]) -> str:
    items = "".join(f"<li data-row>{escape(fault)}</li>" for fault in faults)
    return _section("The preview failed", f'<ul class="wrong">{items}</ul>') if faults else ""


def _changes(change: Change) -> str:
    hard, updated, created = change.of("replace", "delete"), change.of("update"), change.of("create")
    if not (hard or updated or created):
        return _section("What changes", "<p>Nothing.</p>")
    losing, others = [one for one in hard if one.loses], [one for one in hard if not one.loses]
    parts = [_table(("Replaced or deleted, and holds data", "What", ""), map(_hard, losing))] if losing else []
    if others:
        head, table = f"{len(others)} replaced or deleted that hold no data", _table(("Resource", "What", ""), map(_hard, others))
        parts.append(_folded(head, table, ready=len(others) <= OPEN))
    if updated:
        table = _table(("Resource", "What", "Properties"), map(_updated, updated))
        parts.append(_folded(f"{len(updated)} updated", table, ready=len(updated) <= OPEN))
    for component, count, kinds in grouped(created):
        most = ", ".join(f"{kind} ×{number}" if number > 1 else kind for kind, number in kinds[:6])
        more = f" and {len(kinds) - 6} more kinds" if len(kinds) > 6 else ""
        rows = (_row(_named(one), escape(one.type)) for one in created if one.component == component)
        head = f'{escape(component)} <b class="op-create">+{count}</b> <span class="quiet">{escape(most)}{more}</span>'
        parts.append(_folded(head, _table(("Created", "Type"), rows), ready=len(created) <= OPEN))
    return _section("What changes", "".join(parts))


def _hard(one: Changed) -> str:
    because = f"because of {escape(', '.join(one.because))}" if one.because else ""
    loses = f'<b class="wrong">loses {escape(one.loses)}</b>' if one.loses else ""
    return _row(_named(one), escape(one.kind), "<br>".join(part for part in (loses, because) if part))


def _updated(one: Changed) -> str:
    lines = []
    for each in one.properties:
        values = f"{escape(each.old) or 'unset'} → {escape(each.new) or 'unset'}" if each.old or each.new else ""
        lines.append(f"<code>{escape(each.path)}</code> {values}")
    return _row(_named(one), escape(one.kind), "<br>".join(lines))


def _named(one: Changed) -> str:
    return f'<span class="op-{escape(one.op)}">{_MARKS.get(one.op, "")}</span> <code>{escape(one.name)}</code>'


def _money(money: Money) -> str:
    rows = [("Before", f"{money.before:,.2f}"), ("After", f"<b>{money.after:,.2f}</b>"), ("Change", f"{money.delta:+,.2f}")]
    if money.ceiling is not None:
        passed = ' <b class="wrong">passed</b>' if money.over else ""
        rows.append(("Ceiling", f"{money.ceiling:,.2f}{money.holds}{passed}"))
    if money.least is not None and money.most is not None:
        rows += [("All scaled in", f"{money.least:,.2f}"), ("All scaled out, jobs at their limits", f"{money.most:,.2f}")]
    out = ""
    if money.over:
        out = (
            "<p>Make it smaller, or raise <code>slipway:cost.ceilingMonthlyUsd</code> in the stack file, "
            "where a reviewer sees it.</p>"
        )
    bars = _bars(money.largest) if money.largest else ""
    largest = (
        _row(f"<code>{escape(line.name)}</code>", escape(line.kind), f"{line.usd:,.2f}", escape(line.basis))
        for line in money.largest
    )
    lines = _folded("How the largest are made up", _table(("Resource", "What", "USD", "Why"), largest)) if money.largest else ""
    ways = (_row(f"<code>{escape(one.name)}</code>", f"{one.usd:,.2f}", escape(one.how)) for one in money.savings)
    less = (
        _folded(f"What would cost less: {money.saved:,.2f} a month", _table(("Resource", "Saves", "How"), ways), ready=True)
        if money.savings
        else ""
    )
    gaps = (_row(f"<code>{escape(name)}</code>", escape(why)) for name, why in money.unpriced)
    unpriced = _table((f"{len(money.unpriced)} without a price, not in the sum", "Why"), gaps) if money.unpriced else ""
    figures = (
        '<table class="figures">' + "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows) + "</table>"
    )
    return _section("Money, USD a month", f'{out}<div class="beside">{figures}{bars}</div>{unpriced}{less}{lines}')


def _bars(lines: Sequence[Priced]) -> str:
    """The largest lines as bars. A name stands above its bar, so that a long name fits on a phone as well."""
    high, wide, most = 34, 520, lines[0].usd
    drawn = []
    for number, line in enumerate(lines):
        top, long = number * high, max(2.0, wide * line.usd / most)
        name = escape(line.name if len(line.name) <= 46 else f"{line.name[:45]}…")
        drawn.append(f'<text x="0" y="{top + 13}">{name}</text>')
        drawn.append(f'<text x="{wide}" y="{top + 13}" text-anchor="end">{line.usd:,.2f}</text>')
        drawn.append(f'<rect x="0" y="{top + 18}" width="{long:.1f}" height="9" rx="2"/>')
    label = f"The {len(lines)} largest lines, USD a month"
    return f'<svg class="bars" viewBox="0 0 {wide} {high * len(lines)}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def _policy(policy: Policy) -> str:
    parts = []
    if policy.mandatory:
        parts.append(
            _table(("Mandatory: mend these first", "On", "What is wrong, and the way out"), map(_finding, policy.mandatory), "no")
        )
    else:
        parts.append("<p>No mandatory rule is broken.</p>")
    if policy.advisory:
        count = sum(len(one.names) for one in policy.advisory)
        parts.append(
            _folded(
                f"{count} advisory", _table(("Rule", "On", "What, and the way out"), map(_finding, policy.advisory)), ready=True
            )
        )
    if policy.waiting:
        count = sum(len(one.names) for one in policy.waiting)
        table = _table(("Rule", "Of", "Waits for"), map(_finding, policy.waiting))
        parts.append(_folded(f"{count} settled at <code>up</code>: what they judge is not known yet", table))
    return _section(f"Policies: {policy.rules} rules on {policy.evaluated} resources", "".join(parts))


def _finding(one: Finding) -> str:
    return _row(
        f"<b>{escape(one.rule)}</b>", ", ".join(f"<code>{escape(name)}</code>" for name in one.names), escape(one.message)
    )


def _preflight(preflight: Preflight) -> str:
    rows = (
        _row(
            escape(f"{PREFLIGHT_MARKS.get(one.state, '')} {one.kind} {one.code}".strip()),
            f"needs {escape(one.need)}, has {escape(one.have)}",
            escape(one.message),
        )
        for one in preflight.rows
    )
    columns = ("Asked", "Needs, has", "What for, and the way out")
    return _section(f"Preflight: {preflight.verdict}", _table(columns, rows, "" if preflight.ok else "no"))


def _foot(change: Change, note: str) -> str:
    money = change.money
    prices = f"prices of {money.region} as of {money.priced_at}" if money and money.priced_at else ""
    words = " · ".join(part for part in (f"{change.seconds:.1f} s", prices, note) if part)
    return f'<p class="quiet">{escape(words)}</p>'


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _folded(head: str, body: str, *, ready: bool = False) -> str:
    """A part of the page that folds, unfolded at first where `ready`. `head` is HTML and is not escaped here."""
    return f"<details{' open' if ready else ''}><summary>{head}</summary>{body}</details>"


def _table(heads: Sequence[str], rows: Iterable[str], style: str = "") -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f'<div class="wide {style}"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _row(*cells: str) -> str:
    return f"<tr data-row>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
