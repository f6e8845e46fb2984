"""The report of a change, for `slipway report`: from a preview now or a document saved, as Markdown or a page."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.terminal import short_lived

if TYPE_CHECKING:
    from tools.report.change import Change
    from tools.report.drift import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change's document, where it is from (a file's name, for words), and its picture, "" where there is no plan to draw."""

    document: Any
    source: str = ""
    picture: str = ""


def of_preview(stack: str, *, local: bool, ask: bool = False) -> Told:
    """A preview now; with `ask` the account is asked for what it plans. One that fails is told as well: its document says why."""
    from tools.cli.guards import judge, run_document, settings_of
    from tools.cli.plans import previewed
    from tools.cli.preflight import account_of, asked
    from tools.plan.loaders import from_preview
    from tools.report.diagram import draw

    short_lived()
    began = time.monotonic()
    settings = settings_of(stack)
    account = account_of(settings, local=local or stack == "local") if ask else None
    result, before = previewed(stack, local=local)
    plan = from_preview(result.steps, stack)
    verdict = judge(plan, settings, before=before) if result.ok else None
    preflight = asked(plan, settings, account) if account and result.ok else None
    return Told(
        document=run_document(stack, time.monotonic() - began, result, verdict, preflight),
        picture=draw(plan) if verdict is not None else "",
    )


def of_file(path: Path) -> Told:
    """A document that was saved. It holds no properties, so nothing is drawn of it. Raises ValueError for what is no JSON."""
    return Told(document=_json(path), source=f"{path}: ")


def written(told: Told, preflight: Path | None, *, html: bool, note: str) -> tuple[str, Change]:
    """The report's text, and the change it tells of. Raises ValueError that names the file and what is wrong in it."""
    from tools.report.change_reader import read

    asked = _json(preflight) if preflight is not None else None
    try:
        change = read(told.document, asked)
    except ValueError as error:
        raise ValueError(f"{told.source}{error}") from error
    if not html:
        from tools.report.markdown import comment

        return comment(change, note=note), change
    from tools.report.change_page import page

    return page(change, picture=told.picture, note=note), change


def is_look(told: Told) -> bool:
    """Whether the document is a look at drift, which `refresh --json` printed."""
    return isinstance(told.document, Mapping) and "drift" in told.document


def written_look(told: Told, *, note: str) -> tuple[str, Look]:
    """The issue's text, and the look that it tells of. Raises ValueError that names the file and what is wrong in it."""
    from tools.report.drift import issue, read

    try:
        look = read(told.document)
    except ValueError as error:
        raise ValueError(f"{told.source}{error}") from error
    return issue(look, note=note), look


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); give what the verb printed with --json") from error
