"""The image tag changes with the code and with nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from infra.registry.source_digest import image_tag, source_digest, source_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "digits.py").write_text("print(1)\n", encoding="utf-8")
    (tmp_path / "entrypoint.py").write_text("import os\n", encoding="utf-8")
    return tmp_path


def test_the_tag_is_src_and_twelve_hex_digits(tree: Path) -> None:
    assert re.fullmatch(r"src-[0-9a-f]{12}", image_tag(tree))
    assert image_tag(tree) == f"src-{source_digest(tree)[:12]}"


def test_caches_tests_data_and_hidden_files_do_not_count(tree: Path) -> None:
    before = image_tag(tree)
    for name in ("training/__pycache__/digits.pyc", "tests/test_x.py", "data/train.parquet", ".DS_Store", "training/.cache/x.py"):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert image_tag(tree) == before


def test_times_do_not_count(tree: Path) -> None:
    before = image_tag(tree)
    os.utime(tree / "entrypoint.py", (1, 1))
    assert image_tag(tree) == before


@pytest.mark.parametrize("change", ["content", "name", "addition", "removal", "shift"])
def test_every_change_of_code_counts(tree: Path, change: str) -> None:
    before = image_tag(tree)
    entry = tree / "entrypoint.py"
    if change == "content":
        entry.write_text("import sys\n", encoding="utf-8")
    elif change == "name":
        entry.rename(tree / "main.py")
    elif change == "addition":
        (tree / "empty.py").touch()
    elif change == "removal":
        entry.unlink()
    else:
        # The same bytes in all, divided otherwise between the two files.
        (tree / "training" / "digits.py").write_text("print(1)\nimport os\n", encoding="utf-8")
        entry.write_text("", encoding="utf-8")
    assert image_tag(tree) != before


def test_files_come_in_one_order(tree: Path) -> None:
    assert [path.as_posix() for path in source_files(tree)] == ["entrypoint.py", "training/digits.py"]


def test_a_tree_without_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="complete checkout"):
        image_tag(tmp_path)
