"""The reader's rules as a table, and as properties of values of any shape."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.plan.reader import Block, Undecided, as_number, leaves
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, ResourceView, Secret

Reading = Callable[[Block], Any]
PROPS: Final[dict[str, Any]] = {
    "name": "data",
    "empty": "",
    "null": None,
    "none": [],
    "port": 443,
    "quoted": "42",
    "on": True,
    "said": "true",
    "block": {"size": 5, "deep": {"on": False}},
    "once": [{"size": 5, "deep": [{"on": False}]}],
    "rules": [{"status": "Enabled"}, {"status": UNKNOWN}],
    "types": ["p5", UNKNOWN],
    "type": "p5",
    "id": UNKNOWN,
    "arn": f"arn:aws:s3:::{ENGINE_UNKNOWN}/*",
    "hidden": Secret({"key": "open sesame", "port": 5432}),
    "tags": {"aws:x": "y", "nvidia.com/gpu": 1},
}
BLOCK: Final = Block(PROPS)

TABLE: Final[tuple[tuple[str, Reading, Any], ...]] = (
    # --- what is there, and what is not
    ("a text", lambda b: b.text("name"), "data"),
    ("no text", lambda b: b.text("nowhere"), ""),
    ("a number is no text", lambda b: b.text("port"), ""),
    ("a number in words", lambda b: b.in_words("port"), "443"),
    ("a number", lambda b: b.number("port"), 443.0),
    ("a number in quotes", lambda b: b.number("quoted"), 42.0),
    ("a text is no number", lambda b: b.number("name"), None),
    ("a flag is no number", lambda b: b.number("on"), None),
    ("a flag", lambda b: b.flag("on"), True),
    ("a flag in quotes", lambda b: b.flag("said"), True),
    ("a flag that is not set", lambda b: b.flag("nowhere", default=True), True),
    ("null is absent", lambda b: (b.has("null"), b.value("null"), b.flag("null", default=True)), (False, None, True)),
    ("an empty text or list is nothing", lambda b: (b.has("empty"), b.has("none"), b.given("none")), (False, False, False)),
    ("a path through a text leads nowhere", lambda b: b.value("name.size"), None),
    ("a path past the end of a list leads nowhere", lambda b: b.value("rules.2.status"), None),
    # --- a list of one block is the block, and one value is a list of one
    ("a block", lambda b: b.number("block.size"), 5.0),
    ("a list of one block", lambda b: b.number("once.size"), 5.0),
    ("a list of one block inside one", lambda b: b.value("once.deep.on"), False),
    ("a list of two is no block", lambda b: b.value("rules.status"), None),
    ("the first of a block", lambda b: b.number("block.0.size"), 5.0),
    ("the second of a block", lambda b: b.number("block.1.size"), None),
    ("the block itself", lambda b: (b.block("once").number("size"), b.block("once.deep").flag("on", default=True)), (5.0, False)),
    ("no block", lambda b: b.block("nowhere").number("size"), None),
    ("items of a block", lambda b: [one.number("size") for one in b.items("block")], [5.0]),
    ("items of a text", lambda b: [one.text() for one in b.items("type")], ["p5"]),
    ("items of nothing", lambda b: (b.items("nowhere"), b.items("null"), b.items("none")), ([], [], [])),
    ("texts of one text", lambda b: b.strings("type"), ["p5"]),
    ("names of a list of one block", lambda b: list(b.entries("once")), ["size", "deep"]),
    ("keys that hold dots", lambda b: b.entries("tags")["nvidia.com/gpu"].in_words(), "1"),
    # --- unknown
    ("an unknown text, answered", lambda b: b.text("id", unknown=None), None),
    ("an unknown number, answered", lambda b: b.number("id", unknown=1.0), 1.0),
    ("an unknown flag, answered", lambda b: b.flag("id", unknown=False), False),
    ("an unknown list, answered", lambda b: b.items("id.below", unknown=None), None),
    ("a text that holds the engine's marker", lambda b: b.text("arn", unknown="?"), "?"),
    ("that it is given is known", lambda b: b.given("id"), True),
    ("an unknown block is not read yet", lambda b: b.block("id").text("x", unknown="?"), "?"),
    ("an item beside an unknown one", lambda b: b.items("rules")[0].text("status"), "Enabled"),
    # --- secrets
    ("a secret is opened to be compared", lambda b: b.text("hidden.key") == "open sesame", True),
    ("a secret text does not print", lambda b: f"{b.text('hidden.key')}, {b.text('hidden.key')!r}", "[secret], [secret]"),
    ("a secret number does not print", lambda b: f"{b.number('hidden.port'):g}", "[secret]"),
    ("a secret number counts", lambda b: b.number("hidden.port") == 5432, True),
    ("what is below a secret does not print", lambda b: str(b.entries("hidden")["key"].text()), "[secret]"),
)


@pytest.mark.parametrize(("read", "value"), [(read, value) for _, read, value in TABLE], ids=[what for what, _, _ in TABLE])
def test_a_property_is_read_by_one_set_of_rules(read: Reading, value: Any) -> None:
    assert read(BLOCK) == value


UNDECIDED: Final[tuple[tuple[Reading, str], ...]] = (
    (lambda b: b.text("id"), "id"),
    (lambda b: b.has("id"), "id"),
    (lambda b: b.items("id"), "id"),
    (lambda b: b.number("id.below.it"), "id"),
    (lambda b: b.items("rules")[1].text("status"), "rules.1.status"),
    (lambda b: b.value("rules.1.status.x"), "rules.1.status"),
    (lambda b: b.strings("types"), "types"),
    (lambda b: b.text("arn"), "arn"),
)


@pytest.mark.parametrize(("read", "path"), UNDECIDED)
def test_an_unknown_names_its_path(read: Reading, path: str) -> None:
    with pytest.raises(Undecided) as raised:
        read(BLOCK)
    assert raised.value.path == path


@pytest.mark.parametrize("written", ["vpcConfig", "VpcConfig", "vpc_config"])
def test_a_dynamic_resource_is_read_however_it_is_spelt(written: str) -> None:
    job = ResourceView(
        type="pulumi-python:dynamic/sagemaker:TrainingJob", name="j", props={written: {"security_group_ids": ["s"]}}
    )
    assert Block.of(job).strings("vpcConfig.securityGroupIds") == ["s"]
    bucket = ResourceView(type="aws:s3/bucket:Bucket", name="b", props={"Acl": "private"})
    assert Block.of(bucket).text("acl") == ""


def test_a_page_is_shown_nothing_that_is_secret_or_below_a_secret() -> None:
    view = ResourceView(type="t", name="r", props={"a": Secret("x"), "b": Secret({"c": "x"}), "d": [Secret("x"), "y"]})
    block = Block.printable(view)
    assert (block.text("a"), block.text("b.c"), block.text("d.0"), block.text("d.1")) == ("", "", "", "y")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "-inf", 10**400, True, None, [], "4x"])
def test_what_is_no_finite_number_is_none(value: Any) -> None:
    assert as_number(value) is None


NAMES: Final = st.sampled_from(["a", "b", "c"])
SCALARS: Final = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([UNKNOWN, "true", "7"])
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3) | st.builds(Secret, inner),
    max_leaves=12,
)
PATHS: Final = st.lists(NAMES | st.sampled_from(["0", "1"]), min_size=1, max_size=4).map(".".join)


@given(VALUES, PATHS)
def test_no_value_of_any_shape_makes_reading_fail_but_an_unknown(value: Any, path: str) -> None:
    block = Block(value)
    for read in (block.value, block.text, block.number, block.flag, block.items, block.strings, block.entries, block.has):
        with suppress(Undecided):
            read(path)
    assert isinstance(block.text(path, unknown=""), str)
    assert isinstance(block.number(path, unknown=None), float | None)
    assert isinstance(block.flag(path, unknown=False), bool)
    assert isinstance(block.given(path), bool)


@given(VALUES, PATHS)
def test_a_block_reads_as_the_list_of_one_that_holds_it(value: Any, path: str) -> None:
    if path[0].isdecimal() or isinstance(Block(value).value(unknown=[]), list):
        return
    answer = Block(value).value(path, unknown=UNKNOWN)
    assert Block([value]).value(path, unknown=UNKNOWN) == answer
    assert Block({"once": [value]}).value(f"once.{path}", unknown=UNKNOWN) == answer
    assert Block({"once": value}).value(f"once.0.{path}", unknown=UNKNOWN) == answer


@given(VALUES, st.text(alphabet="xyz", min_size=6, max_size=8))
def test_nothing_below_a_secret_is_ever_printed(value: Any, word: str) -> None:
    def hide(item: Any) -> Any:
        if isinstance(item, str) and ENGINE_UNKNOWN not in item and item not in ("true", "7"):
            return word
        if isinstance(item, dict):
            return {key: hide(below) for key, below in item.items()}
        return [hide(below) for below in item] if isinstance(item, list) else item

    block = Block({"s": Secret(hide(value))})
    for path in ("s", *(path for path, _ in leaves(hide(value), "s"))):
        assert word not in f"{block.text(path, unknown='')}"
        assert word not in repr(block.value(path, unknown=None))
    assert word not in repr(block)


@given(VALUES, PATHS)
def test_reading_in_two_steps_is_reading_in_one(value: Any, path: str) -> None:
    head, _, rest = path.partition(".")
    if rest and not rest[0].isdecimal():
        assert Block(value).block(head).text(rest, unknown="?") == Block(value).text(path, unknown="?")
