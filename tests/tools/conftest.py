"""What all tests of the tools share."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.documents import check_answer


@pytest.fixture(autouse=True)
def _every_answer_is_the_document_that_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb that a test calls with `--json` prints a document of docs/json.md, whatever the test is about."""
    invoke = CliRunner.invoke

    def held(self: CliRunner, app: Any, args: Any = None, *more: Any, **options: Any) -> Result:
        done = invoke(self, app, args, *more, **options)
        # Without the program around it (`main`), the runner leaves stdout empty where the arguments themselves are wrong.
        if "--json" in (args or ()) and done.stdout:
            check_answer(list(args), done.stdout)
        return done

    monkeypatch.setattr(CliRunner, "invoke", held)
