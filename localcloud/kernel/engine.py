"""The behaviour of every resource type, once: check, diff, create, read, update, delete over typed rows."""

from __future__ import annotations

import dataclasses
import difflib
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import botocore.exceptions

from localcloud.kernel import foreseen, naming, tagging
from localcloud.kernel.context import Call, Clients, Context
from localcloud.kernel.diff import UNKNOWN_MARK, Diff, Difference, diff
from localcloud.kernel.documented import Refusals
from localcloud.kernel.policies import same_policy
from localcloud.kernel.schema import Schema
from localcloud.kernel.spec import Resource, Update
from localcloud.kernel.values import from_aws, has_objects, is_zero, member_of, same_json, with_defaults, with_zeros

AUTONAME_DIGITS = 7  # pulumi's own autonaming; source: pulumi docs, concepts/resources/names


class UnknownType(ValueError):
    """The type has no row."""


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """All operations of the provider in one region, with plain values in and out.

    `default_tags`: the provider's defaultTags, merged under each resource's own. `ignored`: its ignoreTags. `refusals`: what AWS
    refuses of the values of one request, by operation; a preview is judged by them too.
    """

    rows: Mapping[str, Resource]
    schemas: Mapping[str, Schema]
    clients: Clients
    region: str
    account: str
    default_tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    refusals: Refusals = dataclasses.field(default_factory=dict)
    ignored: tagging.IgnoredTags = dataclasses.field(default_factory=tagging.IgnoredTags)

    def row(self, token: str) -> Resource:
        """The row of a type. Raises UnknownType with the file to add it to."""
        if token not in self.rows:
            service = token.split(":")[1].split("/")[0] if token.count(":") == 2 else "<service>"
            raise UnknownType(
                f"{token}: the local cloud has no row for this type; "
                f"add its card to catalog/types/{service}.py and a Resource to localcloud/services/{service}/rows.py "
                "(CONTRIBUTING.md shows how)"
            )
        return self.rows[token]

    def check(
        self, token: str, name: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The inputs with defaults and names filled in, and (property, reason) of each refusal."""
        row, schema = self.row(token), self.schemas[token]
        inputs = {key: value for key, value in news.items() if value is not None and key != "__defaults"}
        failures = []
        for key in inputs:
            if key not in schema.inputs:
                near = difflib.get_close_matches(key, schema.inputs, 1)
                failures.append((key, f"unknown property {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")))
            elif isinstance(schema.inputs[key], Mapping) and isinstance(inputs[key], (str, bool, int, float)):
                failures.append(
                    (key, f"Incorrect attribute value type: {key!r} takes a {' '.join(schema.inputs[key])}, got {inputs[key]!r}")
                )
            elif schema.inputs[key] == "bool" and inputs[key] not in (True, False, "true", "false", UNKNOWN_MARK):
                failures.append((key, f"Incorrect attribute value type: a bool is required for {key!r}, got {inputs[key]!r}"))
        defaulted = []
        for key, value in row.defaults.items():
            if "." not in key and key not in inputs:
                inputs[key] = value
                defaulted.append(key)
        named = self._autoname(row, name, olds, inputs, seed)
        if named is not None and row.autoname is not None:
            inputs[row.autoname.prop] = named
            defaulted.append(row.autoname.prop)
        failures += [
            (key, f"Missing required argument: the property {key!r} is required, but no value was given")
            for key in sorted(schema.required)
            if key not in inputs
        ]
        if defaulted:
            inputs["__defaults"] = sorted(defaulted)
        failures += naming.refusals(row, inputs)
        for rule in row.checks:
            if any(_has_unknown(inputs.get(prop)) for prop in rule.props):
                continue
            message = rule.says(inputs)
            if message:
                failures.append((rule.props[0], message))
        return inputs, failures

    def foreseen(self, token: str, olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What AWS would refuse of checked inputs, as far as they are known before anything is made.

        The genuine provider finds that out at `up`, so it is no part of `check`.
        """
        row = self.row(token)
        known = {key: value for key, value in inputs.items() if not _has_unknown(value)}
        tags = {**self.default_tags, **(known.get("tags") or {})} if row.tags else None
        context = self._context(row.type, news=known)
        found = foreseen.refused(row, context, self.refusals, whole=len(known) == len(inputs), tags=tags)
        return found or foreseen.steps_refused(row, olds, known)

    def diff(self, token: str, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...] = ()) -> Diff:
        """What the change from `state` (outputs) to `news` (checked inputs) means."""
        news = naming.as_made(self.row(token), state, news)
        wanted = {key: value for key, value in news.items() if not key.startswith("__")}
        result = diff(self.row(token), self.schemas[token], state, {**wanted, "__defaults": news.get("__defaults", ())}, ignore)
        if "tagsAll" in self.schemas[token].outputs and self.default_tags and not _has_unknown(news.get("tags")):
            merged = self.ignored.without({**self.default_tags, **(news.get("tags") or {})})
            if merged != (state.get("tagsAll") or {}) and "tags" not in result.changed and "tags" not in ignore:
                result = Diff((*result.differences, Difference("tagsAll", "update", False)), result.delete_before_replace)
        return result

    def preview(self, token: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs that a create (empty `state`) or an update would have, `UNKNOWN_MARK` where only AWS can tell."""
        schema = self.schemas[self.row(token).type]
        outputs = {key: state.get(key, UNKNOWN_MARK) for key in schema.outputs} if not state else dict(state)
        if not state:
            row = self.row(token)
            for key in schema.inputs:
                if key not in row.computed and key in outputs and key not in news:
                    outputs.pop(key)
        for key in news.keys() & schema.outputs.keys():
            outputs[key] = _completed(self.row(token), key, schema.outputs[key], news[key], state.get(key))
        for key, condition in self.row(token).moves.items():
            if state and (not condition or news.get(condition)):
                outputs[key] = UNKNOWN_MARK
        if "region" in schema.outputs and "region" in schema.inputs:
            outputs["region"] = news.get("region") or state.get("region") or self.region
        if (name := naming.made_of_prefix(self.row(token), news)) and name in schema.outputs:
            outputs[name] = state.get(name, UNKNOWN_MARK)
        return outputs

    def create(self, token: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Makes the resource; returns its id and outputs. What was made before a failure is removed again."""
        row = self.row(token)
        news = naming.named(row, news)
        context = self._context(token, news=news)
        tags = {**self.default_tags, **(news.get("tags") or {})}
        if isinstance(row.create, Call):
            call = row.create
            if row.tags and row.tags.create and tags:
                call = tagging.with_tags(call, row.tags, tags)
            context.data = context.call(call)
        else:
            context.data = row.create(context)
        context.id = str(context.fill(row.id))
        try:
            self._after_create(row, context, tags)
            outputs = self._read(row, context, keep=news)
        except Exception:
            self._remove(row, context)
            raise
        if outputs is None:
            raise RuntimeError(f"{token} {context.id}: created, but AWS does not show it afterwards")
        return context.id, outputs

    def read(
        self, token: str, identifier: str, inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """(id, outputs, inputs) as the cloud has them now; None when it is gone. Without inputs and state: an import."""
        row, schema = self.row(token), self.schemas[token]
        importing = not inputs and not state
        region = ""
        if importing and "region" in schema.inputs:  # the genuine provider imports from another region by ID@REGION
            identifier, region = naming.in_region(identifier)
        known = dict(state) or _take_apart(row.id, identifier)
        if region:
            known["region"] = region
        context = self._context(token, state=known, identifier=identifier)
        outputs = self._read(row, context, keep={**known, **inputs} if not importing else known)
        if outputs is None:
            return None
        if importing:
            found = {
                key: outputs[key]
                for key in schema.inputs
                if key in outputs and (key != "region" or region) and not is_zero(outputs[key])
            }
            return context.id, outputs, found
        fresh = {key: value for key, value in inputs.items() if not key.startswith("__")}
        for difference in diff(row, schema, outputs, fresh).changed:
            if difference in outputs and not is_zero(outputs[difference]):
                fresh[difference] = outputs[difference]
            else:
                fresh.pop(difference, None)
        if "__defaults" in inputs:
            fresh["__defaults"] = inputs["__defaults"]
        return context.id, outputs, fresh

    def update(self, token: str, identifier: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Changes what differs, and only that; returns the new outputs."""
        row, news = self.row(token), naming.as_made(self.row(token), state, news)
        context = self._context(token, news=news, state=state, identifier=identifier)
        context.changed = self.diff(token, state, news).changed
        for update in row.updates:
            if context.changed & set(update.on):
                self._run(context, update)
        if row.tags and context.changed & {"tags", "tagsAll"}:
            wanted, old = {**self.default_tags, **(news.get("tags") or {})}, state.get("tagsAll") or state.get("tags") or {}
            if row.tags.change is not None:  # the whole set is put: what others have set since must be in it
                found = self._tags(row, context, self._data(row, context))
                wanted |= {key: value for key, value in found.items() if key not in {*old, *wanted}}
            tagging.change(context, row.tags, old, wanted)
        outputs = self._read(row, context, keep=news)
        if outputs is None:
            raise RuntimeError(f"{token} {identifier}: gone while it was updated; run refresh, then up")
        return outputs

    def delete(self, token: str, identifier: str, state: Mapping[str, Any]) -> None:
        """Removes the resource. A resource that is gone already is no error."""
        self._remove(self.row(token), self._context(token, state=state, identifier=identifier), strict=True)

    def empty(self, token: str, identifier: str, state: Mapping[str, Any]) -> int:
        """Removes what would hold the resource back from its deletion (the row's `emptied`); how many things that were."""
        row = self.row(token)
        return row.emptied(self._context(token, state=state, identifier=identifier)) if row.emptied else 0

    def _context(
        self, token: str, news: Mapping[str, Any] | None = None, state: Mapping[str, Any] | None = None, identifier: str = ""
    ) -> Context:
        news, state, row = news or {}, state or {}, self.row(token)
        return Context(
            service=row.service,
            rename=row.rename,
            missing=row.missing,
            schema=self.schemas[token],
            clients=self.clients,
            region=str(
                news.get("region") or (state.get("region") if "region" in self.schemas[token].inputs else "") or self.region
            ),
            account=self.account,
            props=with_defaults(row.defaults, {key: value for key, value in news.items() if not key.startswith("__")}),
            state=state,
            id=identifier,
        )

    def _autoname(self, row: Resource, name: str, olds: Mapping[str, Any], inputs: Mapping[str, Any], seed: bytes) -> str | None:
        auto = row.autoname
        if auto is None or auto.prop in inputs or inputs.get(auto.prefix_prop) is not None:
            return None
        if auto.prop in olds.get("__defaults", ()):
            return str(olds[auto.prop])
        digits = "".join(random.Random(seed).choices("0123456789abcdef", k=AUTONAME_DIGITS))
        suffix = auto.suffix(inputs) if auto.suffix else ""
        stem = f"{auto.stem}{name}-"
        made = f"{stem[: auto.limit - AUTONAME_DIGITS - len(suffix)]}{digits}{suffix}"
        return made.lower() if auto.lower else made

    def _after_create(self, row: Resource, context: Context, tags: Mapping[str, str]) -> None:
        given = {key for key, value in context.props.items() if not is_zero(value) or key in row.defaults}
        for update in row.updates:
            context.changed = frozenset(given & set(update.on))
            if update.after_create and context.changed:
                self._run(context, update)
        if row.tags and not row.tags.create and tags:
            if "{arn}" in str(row.tags.target):
                context.state = self._read(row, context, keep=context.props) or {}
            tagging.change(context, row.tags, {}, tags)

    def _run(self, context: Context, update: Update) -> None:
        if isinstance(update.do, Call):
            context.call(update.do)
        else:
            update.do(context)

    def _remove(self, row: Resource, context: Context, strict: bool = False) -> None:
        if row.delete is None:
            return
        try:
            if isinstance(row.delete, Call):
                context.call(row.delete if row.delete.take is not None else _without_properties(row.delete))
            else:
                row.delete(context)
        except botocore.exceptions.ClientError as error:
            if strict and not context.gone(error):
                raise

    def _data(self, row: Resource, context: Context) -> Any:
        if isinstance(row.read, Call):
            return context.call(row.read if row.read.take is not None else _without_properties(row.read))
        return row.read(context)

    def _tags(self, row: Resource, context: Context, data: Any) -> dict[str, str]:
        return tagging.read(context, row.tags, data, context.state) if row.tags else {}

    def _read(self, row: Resource, context: Context, keep: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            data = self._data(row, context)
        except botocore.exceptions.ClientError as error:
            if context.gone(error):
                return None
            raise
        if data is None or data == []:
            return None
        context.data = data
        return self._outputs(row, context, data, keep)

    def _outputs(self, row: Resource, context: Context, data: Any, keep: Mapping[str, Any]) -> dict[str, Any]:
        schema = context.schema
        outputs: dict[str, Any] = {}
        for name, kind in schema.outputs.items():
            if name in ("tags", "tagsAll"):
                continue
            if name in row.outputs:
                value = from_aws(context.fill(row.outputs[name]), kind, row.rename, name)
            elif name == "region" and "region" in schema.inputs:
                value = context.region
            elif isinstance(data, Mapping):
                member = row.rename.get(name) or member_of(data, name)
                value = from_aws(data.get(member) if member else None, kind, row.rename, name)
            else:
                value = None
            kept = keep.get(name)
            stated = name in row.outputs or has_objects(kind)
            if kept is not None and (value is None or (not stated and _means_the_same(row, schema, name, kept, value))):
                value = kept
            if name in row.zeros:
                value = with_zeros(value, kind)
            if value is None:
                value = row.empty.get(name)
            if value is not None:
                outputs[name] = value
        if row.tags and "tags" in schema.outputs:
            found = self.ignored.without(tagging.read(context, row.tags, data, outputs))
            own = {
                key: value
                for key, value in found.items()
                if self.default_tags.get(key) != value or key in (keep.get("tags") or {})
            }
            outputs["tagsAll"] = found
            if own or keep.get("tags") == {}:
                outputs["tags"] = own
        elif "tags" in schema.outputs:
            outputs["tagsAll"] = dict(keep.get("tags") or {})
            if keep.get("tags"):
                outputs["tags"] = dict(keep["tags"])
        return outputs


def _means_the_same(row: Resource, schema: Schema, name: str, kept: Any, value: Any) -> bool:
    if name in row.json:
        return same_json(kept, value)
    if name in row.policies:
        return same_policy(kept, value)
    only = Schema({name: schema.inputs[name]}, {}, frozenset()) if name in schema.inputs else None
    return only is not None and not diff(row, only, {name: value}, {name: kept}).differences


def _without_properties(call: Call) -> Call:
    """The call with its params alone, by which read and delete address the resource."""
    return dataclasses.replace(call, take=())


def _completed(row: Resource, path: str, kind: Any, want: Any, have: Any) -> Any:
    """What the program gives of an object, with the members that AWS fills in: as they were, or not known yet."""
    if not isinstance(want, Mapping) or not isinstance(kind, Mapping) or "object" not in kind:
        return want
    was: Mapping[str, Any] = have if isinstance(have, Mapping) else {}
    whole = dict(want)
    for name, inner in kind["object"].items():
        key = f"{path}.{name}"
        if whole.get(name) is not None:
            whole[name] = _completed(row, key, inner, whole[name], was.get(name))
        elif key in row.computed and (name in was or not was):
            whole[name] = was.get(name, UNKNOWN_MARK)
    return whole


def _has_unknown(value: Any) -> bool:
    if value is UNKNOWN_MARK:
        return True
    if isinstance(value, Mapping):
        return any(_has_unknown(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_has_unknown(item) for item in value)


def _take_apart(template: str | Callable[..., Any], identifier: str) -> dict[str, Any]:
    """The properties that an id names, for an import: `{clusterName}:{name}` and `a:b` give both."""
    if not isinstance(template, str):
        return {}
    names = re.findall(r"\{([A-Za-z0-9_.]+)\}", template)
    pattern = re.sub(r"\\\{[A-Za-z0-9_\\.]+\\\}", "(.+?)", re.escape(template))
    found = re.fullmatch(pattern, identifier)
    if not found:
        return {}
    return {name: value for name, value in zip(names, found.groups(), strict=True) if not name.startswith("data.")}
