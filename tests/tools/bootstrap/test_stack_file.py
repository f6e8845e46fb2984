"""The two lines of encryption are put into a stack file, and its comments and everything else stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.stacks import STACK_FILES
from tools.bootstrap import stack_file

PROVIDER = "awskms://alias/slipway-state?region=us-east-1"
LINES = {"secretsprovider": PROVIDER, "encryptedkey": "QUJD+/=="}


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_every_stack_file_of_the_repository_takes_the_two_lines_and_keeps_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    changed = stack_file.with_encryption(text, LINES)
    assert yaml.safe_load(changed) == {**yaml.safe_load(text), **LINES}
    assert [line for line in changed.splitlines() if line not in (f"{key}: {value}" for key, value in LINES.items())] == (
        text.splitlines()
    )
    assert stack_file.look(text, PROVIDER) == "make"
    assert stack_file.look(changed, PROVIDER) == "found"
    assert stack_file.with_encryption(changed, LINES) == changed, "twice is as once"


@pytest.mark.parametrize(
    ("text", "op", "other"),
    [
        ("", "make", ""),
        ("config:\n  a: b\n", "make", ""),
        (f"secretsprovider: {PROVIDER}\nconfig: {{}}\n", "mend", ""),
        (f"config: {{}}\nsecretsprovider: {PROVIDER}\nencryptedkey: old\n", "found", ""),
        ("secretsprovider: awskms://alias/mine\nencryptedkey: x\nconfig: {}\n", "found", "awskms://alias/mine"),
        ("encryptionsalt: v1:abc\nconfig: {}\n", "found", "passphrase"),
    ],
)
def test_a_file_that_is_encrypted_otherwise_stays_so(text: str, op: str, other: str) -> None:
    assert stack_file.look(text, PROVIDER) == op
    assert stack_file.other_encryption(text, PROVIDER) == other


def test_a_file_with_the_provider_alone_gets_the_key_beside_it() -> None:
    changed = stack_file.with_encryption(f"# ours\nsecretsprovider: {PROVIDER}\nconfig:\n  a: b # c\n", LINES)
    assert changed == f"# ours\nsecretsprovider: {PROVIDER}\nencryptedkey: QUJD+/==\nconfig:\n  a: b # c\n"


def test_a_file_whose_form_takes_no_new_lines_is_left_and_the_error_shows_the_lines() -> None:
    with pytest.raises(ValueError, match=r"put them in by hand:\nsecretsprovider: awskms") as raised:
        stack_file.with_encryption("{config: {a: b}}", LINES)
    assert "encryptedkey: QUJD" in str(raised.value)


def test_writing_keeps_the_mode_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("a")
    path.chmod(0o640)
    stack_file.write(path, "b")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("b", 0o640)
    assert list(tmp_path.iterdir()) == [path]
