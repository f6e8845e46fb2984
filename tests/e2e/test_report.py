"""The report of a change with the genuine engine: prod's own settings, previewed here without any credentials."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.slipway import Slipway
from tools.report.markdown import COMMENT_LIMIT


def test_prod_is_reported_with_changes_price_and_verdict(here: Slipway) -> None:
    text = here.run("report", "--stack", "prod", "--local", "--format", "markdown").out
    assert text.startswith("<!-- slipway:prod -->\n")
    assert len(text.encode()) < COMMENT_LIMIT
    for part in (
        "to create",
        "#### What changes",
        "Network",
        "NodeGroup",
        "#### Money",
        "80,000.00",
        "#### Policies",
        "settled at",
    ):
        assert part in text, part


def test_an_edit_is_reported_by_property_with_old_and_new_from_one_saved_preview(looked_at: Slipway, tmp_path: Path) -> None:
    owner = "another-team"
    with looked_at.edited("local", lambda config: config.update({"slipway:owner": owner})):
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps(looked_at.ask("preview")))
        text = looked_at.run("report", "--from", str(plan)).out
        assert f"<code>tags.Owner</code> ml-platform → {owner}" in text
        page = tmp_path / "report.html"
        looked_at.run("report", "--from", str(plan), "--out", str(page))
        assert owner in page.read_text()
        drawn = tmp_path / "drawn.html"
        looked_at.run("report", "--out", str(drawn))
        assert "drawn from the plan" in drawn.read_text()
