"""Tags: whose it is, what it costs whom, and what kind of data it holds."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.limits import TAG_VALUE
from catalog.tags import DATA_CLASS_TAG, REQUIRED_TAGS
from catalog.types.every import STORES, TAGGABLE
from policies.rule import EVERY_TYPE, rule
from policies.tagging import has_tag, tags_of
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    *TAGGABLE,
    severity="mandatory",
    frameworks=("FSBP Tagging", "GDPR 30"),
    anchors=("CKV_AWS_153",),
    why="A machine that nobody owns is never switched off, and its cost is nobody's.",
    fix=f"give it the tags {', '.join(REQUIRED_TAGS)} (infra/base/naming.py has them)",
)
def required_tags_are_there(resource: ResourceView) -> Verdict:
    tags = tags_of(resource)
    missing = [key for key in REQUIRED_TAGS if not Block(tags.get(key)).given()]
    return Fail(f"missing: {', '.join(missing)}") if missing else PASS


@rule(
    *STORES,
    severity="mandatory",
    frameworks=("GDPR 30",),
    why="What kind of data a store holds decides its key, its retention and who may read it.",
    fix=f"give it the tag {DATA_CLASS_TAG}",
)
def data_is_classified(resource: ResourceView) -> Verdict:
    return PASS if has_tag(resource, DATA_CLASS_TAG) else Fail(f"no {DATA_CLASS_TAG} tag")


@rule(
    EVERY_TYPE,
    severity="mandatory",
    why="AWS refuses such tags in the middle of `up`.",
    fix=f"use keys that do not start with aws: and values of at most {TAG_VALUE} characters",
)
def tags_are_taken_by_aws(resource: ResourceView) -> Verdict:
    tags = Block.of(resource).value("tags", unknown=None)
    if not resource.type.startswith("aws:") or not isinstance(tags, Mapping):
        return PASS
    for key, value in tags.items():
        if str(key).lower().startswith("aws:"):
            return Fail(f"tag {key} starts with aws:")
        if isinstance(value, str) and len(value) > TAG_VALUE:
            return Fail(f"tag {key} has {len(value)} characters")
    return PASS
