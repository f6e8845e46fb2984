"""The guards' verdict for people: the money line, what blocks in full, advice by the rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from tools.cli.show.cost import money
from tools.cli.terminal.console import console, escaped

if TYPE_CHECKING:
    from rich.console import Console

    from policies.evaluate import Report, Violation
    from policies.rule import Rule
    from tools.flows.judgement import Verdict

# Resources named beside a piece of advice; the rest is counted.
_NAMED: Final = 3


def verdict(found: Verdict) -> None:
    """The money line and the policies' findings: what blocks in full, advice by the rule."""
    money(found.cost)
    policy(found.policy)


def policy(report: Report) -> None:
    """What blocks, then advice: a line a rule with the resources, and below it what is wrong and the way out."""
    out = console()
    blocking = list(report.mandatory)
    advice = [found for found in report.violations if found.level != "mandatory"]
    for sign, style, found_all in (("x", "red", blocking), ("!", "yellow", advice)):
        for (rule, message), urns in _together(found_all).items():
            out.print(f"  [{style}]{sign} {rule}[/]  {escaped(_names(urns, len(urns) if sign == 'x' else _NAMED))}")
            _indented(out, message)
    for found in report.exceptions:
        out.print(f"  [cyan]~ {found.violation.rule}[/]  {escaped(_names([found.violation.urn], 1))}")
        _indented(out, f"{found.exception.terms()} ({found.violation.message})")
    if report.off:
        out.print(f"  [cyan]off in this stack[/]: {', '.join(report.off)}")
    waiting = f", {len(report.unknown)} wait for `up`" if report.unknown else ""
    style = "red" if blocking else "green"
    excepted = f"{len(report.exceptions)} excepted, " if report.exceptions else ""
    out.print(
        f"[{style}]{len(blocking)} mandatory violations[/], {excepted}{len(advice)} advisory; "
        f"{report.rules} rules on {report.evaluated} resources{waiting}"
    )


def _together(found: Iterable[Violation]) -> dict[tuple[str, str], list[str]]:
    """The urns of each (rule, message), sorted by rule: what is wrong with four roles in the same way is said once."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for violation in sorted(found, key=lambda one: one.rule):
        grouped.setdefault((violation.rule, violation.message), []).append(violation.urn)
    return grouped


def _names(urns: list[str], most: int) -> str:
    names = [urn.rpartition("::")[2] for urn in urns]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _indented(out: Console, text: str) -> None:
    """A paragraph under its head line: wrapped to the terminal with the indent kept, one line where there is no terminal."""
    from rich.padding import Padding
    from rich.text import Text

    if out.is_terminal:
        out.print(Padding(Text(text), (0, 0, 0, 6)))
    else:
        out.print(f"      {text}", markup=False)


def rules(found: Sequence[Rule]) -> None:
    """Every rule: what it is for and how to mend what it finds."""
    out = console()
    for rule in found:
        out.print(f"[bold]{rule.id}[/]  {rule.severity}  [dim]{', '.join(rule.types)}[/]")
        out.print(f"    why: {rule.why}\n    fix: {rule.fix}", markup=False)
    out.print(f"{len(found)} rules")
