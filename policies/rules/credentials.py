"""Credentials in plain sight: in user data, environments, tags, descriptions, anywhere in a resource's inputs."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator
from typing import Final

from policies.rule import EVERY_TYPE, rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import leaves
from tools.plan.view import ResourceView

# Texts of these forms are credentials whatever they are called; whether a value named "password" is one, the reviewer decides.
_FORMS: Final = (
    ("an AWS access key id", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("a GitHub token", re.compile(r"\b(?:ghp|gho|ghs|ghu)_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b")),
    ("an API key", re.compile(r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}\b")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b")),
    ("a Pulumi token", re.compile(r"\bpul-[0-9a-f]{40}\b")),
)
# One of these is in every text that has such a form. To look for them takes a tenth of the time that the forms take.
_HINTS: Final = ("AKIA", "ASIA", "PRIVATE KEY", "hf_", "gh", "sk-", "xox", "pul-")
# The access key ids that AWS's documentation shows in its examples.
_EXAMPLES: Final = ("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE")


@rule(
    EVERY_TYPE,
    severity="mandatory",
    frameworks=("FSBP ECS.8", "FSBP CodeBuild.2", "GDPR 32"),
    anchors=("CKV_AWS_45", "CKV_AWS_46"),
    why="What stands in a resource's inputs is in the state, the preview, the console and every log of them.",
    fix="keep it in Secrets Manager and read it at run time, or make it a Pulumi secret",
)
def none_in_plain_sight(resource: ResourceView) -> Verdict:
    for path, text in _texts(resource):
        if not any(map(text.__contains__, _HINTS)):
            continue
        for what, form in _FORMS:
            found = form.search(text)
            if found and found[0] not in _EXAMPLES:
                return Fail(f"{path} holds {what}")
    return PASS


def _texts(resource: ResourceView) -> Iterator[tuple[str, str]]:
    """Every text that is no secret, with its path. User data is also read through its base64."""
    for path, value in leaves(resource.props):
        if not isinstance(value, str):
            continue
        yield path, value
        if path.lower().endswith(("userdata", "userdatabase64")):
            with contextlib.suppress(binascii.Error, ValueError):
                # The command `base64` breaks its output into lines.
                yield path, base64.b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
