from __future__ import annotations

from pathlib import Path

from infra.settings_docs import render, settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_every_setting_says_what_it_means() -> None:
    silent = [row.path for row in settings() if not row.meaning]
    assert not silent, f"give Field(description=...) to {silent}"


def test_every_setting_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [row.path for row in settings() if row.takes != "section" and f"`{row.path}`" not in page]
    assert not missing, f"docs/settings.md lacks {missing}; run `python -m infra.settings_docs > docs/settings.md`"


def test_the_page_is_what_the_model_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `python -m infra.settings_docs > docs/settings.md`"


def test_names_of_settings_are_unique() -> None:
    paths = [row.path for row in settings()]
    assert len(paths) == len(set(paths))
