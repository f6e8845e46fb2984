"""`python -m tests.localcloud.golden_report [NAME...]`: every difference from the genuine provider, type by type.

`walk` is what the test uses too; the report is for the person who writes a row.
"""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Mapping
from typing import Any

from localcloud.kernel import backend, schema
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.clients import in_process
from localcloud.kernel.context import Clients
from localcloud.kernel.engine import Engine
from localcloud.kernel.recorder import Recorder
from localcloud.kernel.schema import Schema
from localcloud.services.gathered import all_rows, emulated_aws, gated, planned_refusals
from tests.localcloud import golden


@functools.cache
def _parts() -> tuple[Recorder, Clients, Mapping[str, Schema]]:
    """The parts that are slow to make and can be shared: moto's application, boto3's clients, the schemas."""
    application = emulated_aws()
    _parse_managed_policies_once()
    return application, in_process(gated(application, application), golden.ENDPOINT), schema.load(all_rows())


def _parse_managed_policies_once() -> None:
    """Each new cloud makes all of AWS's policies anew from 3 MB of JSON: most of a walk's time. The policies never change."""
    from moto.iam.models import IAMBackend

    parse = IAMBackend._init_aws_policies
    made: dict[tuple[str, str], list[Any]] = {}

    def copied(self: IAMBackend) -> list[Any]:
        key = (self.account_id, self.region_name)
        if key not in made:
            made[key] = parse(self)
        return [copy.copy(policy) for policy in made[key]]

    IAMBackend._init_aws_policies = copied  # type: ignore[method-assign]


def new_engine() -> Engine:
    """An engine over an empty cloud of this process. There is one cloud: it empties that of every engine before."""
    from moto.moto_api._internal import mock_random

    application, clients, schemas = _parts()
    backend.reset()
    mock_random.seed(3)  # without a seed a subnet that names no zone gets another one in each run
    application.store.reset()
    return Engine(all_rows(), schemas, clients, golden.REGION, ACCOUNT, refusals=planned_refusals())


def walkable() -> list[str]:
    """The golden files whose type has a row."""
    return [name for name in golden.names() if golden.load(name)["type"] in all_rows()]


def walk(name: str) -> dict[str, Any]:
    """All differences of one golden file: `{case/what: detail}`; empty when our provider does what the genuine one does."""
    document = golden.load(name)
    token = document["type"]
    engine = new_engine()
    world = golden.World(engine)
    world.prepare(token)
    found: dict[str, Any] = {}
    for case in document["cases"]:
        label = case["case"]
        try:
            _walk_case(engine, world, token, case, found)
        except Exception as error:
            found[f"{label}/error"] = f"{type(error).__name__}: {error}"
    for number, refused in enumerate(document.get("invalid", ())):
        try:
            _, failures = engine.check(token, "x", {}, world.fill(refused["inputs"]), b"s")
        except Exception as error:
            found[f"invalid/{number}"] = f"{type(error).__name__}: {error}"
            continue
        if not failures:
            found[f"invalid/{number}"] = f"accepted {refused['inputs']}; the genuine provider says: {refused['message']}"
    for number, accepted in enumerate(document.get("accepted_at_plan", ())):
        inputs = world.fill(accepted["inputs"])
        _, failures = engine.check(token, "x", {}, inputs, b"s")
        if failures:
            found[f"accepted/{number}"] = f"refused {inputs} ({failures}); the genuine provider accepts it"
    return found


def _walk_case(engine: Engine, world: golden.World, token: str, case: dict[str, Any], found: dict[str, Any]) -> None:
    label = case["case"]
    inputs = world.fill(case["inputs"])
    checked, failures = engine.check(token, "terraform", {}, inputs, b"seed")
    if failures:
        found[f"{label}/check"] = failures
        return
    if (token, label) in world.made:
        outputs = dict(world.made[token, label])
        identifier = outputs.pop("id")
    else:
        identifier, outputs = engine.create(token, checked)
        world.made[token, label] = {**outputs, "id": identifier}
    expected = dict(case.get("outputs") or {})
    if expected:
        expected.pop("id", None)
        # Terraform names by prefix where Pulumi names `<resource>-<7 hex>`: there is no prefix to report then.
        for prefix in ("namePrefix", "bucketPrefix"):
            if expected.get(prefix) == "terraform-":
                expected[prefix] = ""
        actual = {k: v for k, v in outputs.items() if k in expected or k in case["outputs"]}
        for path, pair in golden.differences(world, expected, actual, identifier).items():
            found[f"{label}/output {path}"] = f"golden {pair[0]!r}, ours {pair[1]!r}"
    again = engine.diff(token, outputs, checked)
    if again.effect != "none":
        found[f"{label}/no change"] = f"ours {again.effect} {[d.path for d in again.differences]}"
    back = engine.read(token, identifier, checked, outputs)
    if back is None or engine.diff(token, back[1], checked).effect != "none":
        found[f"{label}/refresh"] = "gone" if back is None else [d.path for d in engine.diff(token, back[1], checked).differences]
    try:
        if engine.read(token, golden.import_id(token, identifier, outputs), {}, {}) is None:
            found[f"{label}/import"] = "gone"
    except Exception as error:
        found[f"{label}/import"] = f"{type(error).__name__}: {error}"
    for change in case.get("changes", ()):
        _walk_change(engine, world, token, label, inputs, checked, outputs, change, found)


def _walk_change(
    engine: Engine,
    world: golden.World,
    token: str,
    label: str,
    inputs: Any,
    checked: Any,
    outputs: Any,
    change: Any,
    found: dict[str, Any],
) -> None:
    news = {**inputs, **world.fill(change["set"])}
    rechecked, failures = engine.check(token, "terraform", checked, {k: v for k, v in news.items() if v is not None}, b"seed")
    key = f"{label}/change {change['set']}"
    if change["effect"] == "invalid":
        if not failures:
            found[key] = f"accepted; the genuine provider says: {change.get('message')}"
        return
    if failures:
        found[key] = f"refused: {failures}"
        return
    ours = engine.diff(token, outputs, rechecked)
    if ours.effect != change["effect"]:
        found[key] = (
            f"golden {change['effect']} {change.get('replacePaths', '')}, ours {ours.effect} {[d.path for d in ours.differences]}"
        )
    elif ours.effect == "update":
        _apply_and_undo(engine, world, token, label, checked, rechecked, key, found)


def _apply_and_undo(
    engine: Engine, world: golden.World, token: str, label: str, old: Any, new: Any, key: str, found: dict[str, Any]
) -> None:
    """An update is really made and really undone (by a replacement if need be); after each there must be no difference."""
    for step, wanted in (("applied", new), ("undone", old)):
        made = dict(world.made[token, label])
        identifier = made.pop("id")
        try:
            if engine.diff(token, made, wanted).effect == "replace":  # an addition that cannot be taken back in place
                engine.delete(token, identifier, made)
                identifier, after = engine.create(token, wanted)
            else:
                after = engine.update(token, identifier, made, wanted)
        except Exception as error:
            found[f"{key}/{step}"] = f"{type(error).__name__}: {error}"
            continue
        world.made[token, label] = {**after, "id": identifier}
        left = engine.diff(token, after, wanted)
        if left.effect != "none":
            found[f"{key}/{step}"] = f"still differs: {[d.path for d in left.differences]}"


def main(names: list[str]) -> None:
    for name in names or walkable():
        found = walk(name)
        print(f"{'same' if not found else f'{len(found)} differences'}: {name}")
        for key, detail in found.items():
            print(f"    {key}: {detail}")


if __name__ == "__main__":
    main(sys.argv[1:])
