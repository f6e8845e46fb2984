"""`report` of a change: from a preview now or a document saved, as Markdown or a page; and of a look at drift, as an issue."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.report.change_reader import read
from tools.report.drift import issue
from tools.report.drift import read as read_look

if TYPE_CHECKING:
    from tools.engine.stack_ref import StackRef
    from tools.flows.progress import Progress
    from tools.report.change import Change
    from tools.report.drift import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A document to write about, where it is from (a file's name, for words), and its picture, "" where there is no plan to draw.

    `document` is what a verb printed with `--json`, or anything else: it comes from a file.
    """

    document: Any
    source: str = ""
    picture: str = ""

    @property
    def is_look(self) -> bool:
        """Whether the document is a look at drift, which `refresh --json` printed."""
        return isinstance(self.document, Mapping) and "drift" in self.document


def of_preview(stack: StackRef, *, progress: Progress, ask_account: bool = False) -> Reported:
    """A preview now; with `ask_account` the account is asked for what it plans. One that fails has its causes."""
    from tools.flows import account, judgement
    from tools.flows.documents.run import run_document
    from tools.flows.previewing import run_preview
    from tools.flows.stack_settings import settings_of
    from tools.plan.loaders import from_preview
    from tools.report.diagram import draw

    began = time.monotonic()
    settings = settings_of(stack.name)
    reached = account.account_of(settings, local=stack.local, say=progress.say) if ask_account else None
    result, before = run_preview(stack, progress=progress)
    plan = from_preview(result.steps, stack.name)
    verdict = judgement.judge(plan, settings, before=before) if result.ok else None
    preflight = account.asked(plan, settings, reached) if reached and result.ok else None
    return Reported(
        document=run_document(stack.name, time.monotonic() - began, result, verdict, preflight),
        picture=draw(plan) if verdict is not None else "",
    )


def of_file(path: Path) -> Reported:
    """A document that was saved. It holds no properties, so nothing is drawn of it. Raises ValueError for what is no JSON."""
    return Reported(document=_json(path), source=f"{path}: ")


def written(reported: Reported, preflight: Path | None, *, html: bool, note: str) -> tuple[str, Change]:
    """The report's text, and the change it is about. Raises ValueError that names the file and what is wrong in it."""
    asked = _json(preflight) if preflight is not None else None
    try:
        change = read(reported.document, asked)
    except ValueError as error:
        raise ValueError(f"{reported.source}{error}") from error
    if not html:
        from tools.report.markdown import comment

        return comment(change, note=note), change
    from tools.report.change_page import page

    return page(change, picture=reported.picture, note=note), change


def written_look(reported: Reported, *, note: str) -> tuple[str, Look]:
    """The issue's text, and the look that it is about. Raises ValueError that names the file and what is wrong in it."""
    try:
        look = read_look(reported.document)
    except ValueError as error:
        raise ValueError(f"{reported.source}{error}") from error
    return issue(look, note=note), look


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); give what the verb printed with --json") from error
