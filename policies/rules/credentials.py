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

# Forms that are credentials by their look alone; words such as "password" are left to the reviewer.
_FORMS: Final = (
    ("an AWS access key id", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("a GitHub token", re.compile(r"\b(?:ghp|gho|ghs|ghu)_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b")),
    ("an API key", re.compile(r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}\b")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b")),
    ("a Pulumi token", re.compile(r"\bpul-[0-9a-f]{40}\b")),
)
# AWS's own examples, in every document.
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
        for what, form in _FORMS:
            found = form.search(text)
            if found and found[0] not in _EXAMPLES:
                return Fail(f"{path} holds {what}")
    return PASS


def _texts(resource: ResourceView) -> Iterator[tuple[str, str]]:
    """Every plain string and its path; a `Secret` is kept as it should be. User data is read through its base64 too."""
    for path, value in leaves(resource.props):
        if not isinstance(value, str):
            continue
        yield path, value
        if path.lower().endswith(("userdata", "userdatabase64")):
            with contextlib.suppress(binascii.Error, ValueError):
                # `base64` breaks its lines.
                yield path, base64.b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
