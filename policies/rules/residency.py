"""Residency: data, and the models that answer about it, stay in the regions that were agreed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from catalog.types import iam, lambda_, sagemaker
from catalog.types.every import STORES
from policies.rule import rule
from policies.tagging import tag_of
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block, Undecided, leaves
from tools.plan.view import UNKNOWN, ResourceView, Secret

_REGION: Final = re.compile(r"^[a-z]{2}(?:-[a-z]+)+-\d$")
_ARN_REGION: Final = re.compile(r"\barn:aws[\w-]*:[\w-]+:([a-z]{2}(?:-[a-z]+)+-\d):")
# The id of a cross-region inference profile begins with the geography that may answer:
# https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
_VENDORS: Final = "ai21|amazon|anthropic|cohere|deepseek|luma|meta|mistral|openai|qwen|stability|twelvelabs|writer"
_PROFILE: Final = re.compile(rf"(?:^|[/\"\s])((global|us-gov|us|eu|apac|jp|au|ca)\.(?:{_VENDORS})\.[a-z0-9-]+)")
_GEOGRAPHY: Final = {"jp": "ap", "au": "ap", "apac": "ap"}


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str | None]]:
    """Every text in a resource's inputs, secret or not, with its path; None for a text that is not known yet."""
    for where, leaf in leaves(value, path):
        if isinstance(leaf, Secret):
            yield from _texts(leaf.value, where)
        elif isinstance(leaf, str) or leaf is UNKNOWN:
            yield where, leaf if isinstance(leaf, str) else None


def _regions(path: str, text: str) -> list[str]:
    """The regions that a text names: those in its arns, or the text itself where its property is called a region."""
    if path.lower().endswith(("region", "regionname")):
        return [text] if _REGION.match(text) else []
    return _ARN_REGION.findall(text)


@rule(
    *STORES,
    severity="mandatory",
    frameworks=("GDPR 44",),
    why="A replica, a key or a copy in another region is a transfer, whoever made it.",
    fix="take the region out, or add it to the Residency tag (regions, or how they begin: eu-) once the transfer is agreed",
)
def data_stays_in_its_regions(resource: ResourceView) -> Verdict:
    allowed = tuple(part.strip() for part in tag_of(resource, "Residency").split(",") if part.strip())
    if not allowed:
        return PASS
    unknown = ""
    for path, text in _texts(resource.props):
        if text is None:
            unknown = unknown or path
            continue
        away = [region for region in _regions(path, text) if not region.startswith(allowed)]
        if away:
            return Fail(f"{path} is in {away[0]}; the data may be in {', '.join(allowed)}")
    if unknown:
        raise Undecided(unknown)
    return PASS


@rule(
    lambda_.FUNCTION,
    sagemaker.MODEL,
    sagemaker.TRAINING_JOB,
    iam.POLICY,
    iam.ROLE,
    iam.ROLE_POLICY,
    severity="advisory",
    frameworks=("GDPR 44",),
    why="A cross-region inference profile sends prompts to whichever region has room; a global one, to any.",
    fix="name the model itself, or a profile of the geography that the stack is in",
)
def inference_stays_in_its_geography(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    # An unknown value is an id or an arn of the stack and names no profile, but an unknown document or environment may name any:
    # reading it leaves the rule undecided.
    for whole in ("policy", "environment"):
        block.value(whole)
    found = [(path, text) for path, text in _texts(resource.props) if text]
    profiles = [(path, profile) for path, text in found for profile in _PROFILE.findall(text)]
    here = {region.split("-")[0] for path, text in found for region in _regions(path, text)} if profiles else set()
    for path, (profile, prefix) in profiles:
        geography = _GEOGRAPHY.get(prefix, prefix.split("-")[0])
        if geography == "global" or (here and geography not in here):
            where = "any region" if geography == "global" else f"{prefix}, and the rest of it is in {', '.join(sorted(here))}"
            return Fail(f"{path} names {profile}, which may be answered in {where}")
    return PASS
