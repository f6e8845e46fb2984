"""The typed row that describes one AWS resource type to the engine.

A row says only what the type's schema (read from pulumi-aws itself, see `schema.py`) and botocore's service model cannot
say: which operations, what forces a replacement, what AWS fills in. All behaviour is in `engine.py`. A misspelt column is a
TypeError at import; `tests/localcloud/services/test_rows.py` walks every row and collects what does not match the schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from localcloud.kernel.context import Call, Context, Value

Code = Callable[[Context], Any]
# AWS's words for a step from an old value to a new one that it does not take; None for one that it takes.
Refused = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is called when one of the properties `on` changes.

    `after_create`: also called right after create for the properties given that the create call does not take.
    """

    on: tuple[str, ...]
    do: Call | Code
    after_create: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """How a type takes tags: the create member, its form, the operations that add, remove and list.

    `create`: member of the create call ("" = tagged after create; "TagSpecifications:vpc" = EC2's form with the resource type).
    `target`: the member that names the resource in add/remove/list and its template. `read`: jmespath in the read data; where it
    is empty `list_op` is called and `list_path` taken. `change`: code that puts the whole set, where AWS knows no single tags.
    """

    create: str = "Tags"
    form: Literal["list", "map", "lower", "kms"] = "list"
    target: tuple[str, Value] = ("ResourceArn", "{arn}")
    add: str = "tag_resource"
    add_member: str = "Tags"
    remove: str = "untag_resource"
    remove_member: str = "TagKeys"
    read: str = ""
    list_op: str = ""
    list_path: str = "Tags"
    change: Callable[[Context, dict[str, str]], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One refusal: `says(props)` returns the message, or None when the properties are fine. Unknown values never reach it."""

    props: tuple[str, ...]
    says: Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoname:
    """Which property gets `<resource name>-<7 hex>` when it is not given, and its length limit (AWS's).

    Where `prefix_prop` is given the property is left out, as pulumi-aws does it: the name is made when the resource is, of the
    prefix and 26 digits, and nobody knows it before.
    """

    prop: str = "name"
    limit: int = 255
    lower: bool = False
    suffix: Callable[[Mapping[str, Any]], str] | None = None
    prefix_prop: str = "namePrefix"
    stem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource type.

    type        pulumi-aws token, `aws:ec2/vpc:Vpc`
    service     boto3 client name
    create      the call that makes it, or code returning the response
    id          template over the create response (`{data.X}`) and the properties; also used to take an imported id apart
    read        the call that describes it, or code returning the data (None: gone)
    missing     error codes that mean "gone" in read and delete
    updates     what is called for which changed property; a changed property without an update and not in `replace` is state only
    delete      the call that removes it, code, or None (nothing to call)
    replace     properties (dotted paths allowed) whose change makes a new resource
    computed    optional properties that AWS fills in: absent from the program means "leave as it is"
    defaults    what pulumi-aws puts in when the program says nothing
    empty       outputs reported when AWS says nothing (Terraform's zero values)
    zeros       object (or list of object) properties whose absent members are reported as zero values, as Terraform's blocks are
    moves       outputs that an update changes (versions): unknown in its preview -> the property that must be true for it, or ""
    json        properties (dotted paths allowed) holding JSON documents, compared as such
    policies    properties (dotted paths allowed) holding IAM policies, compared as AWS reads them
    unset       what an optional property goes back to when the program no longer gives it, though AWS fills it in
    sets        list properties whose order means nothing
    rename      property path -> member name, where they differ in more than case
    outputs     outputs that are not simply a member of the read data: template or code
    same        property -> (new, old) -> True when a difference means nothing
    replace_if  property -> (new, old) -> True when this change of value replaces
    foreseen    what AWS refuses of known values, where no `Call` shows it the request that will be made
    steps       property -> what AWS refuses of the way from its old value to its new one
    singleton   there can be only one per target: a replacement deletes first
    once        an account has only one with this value of the property: stacks of one account share it ("" for all other types)
    freed       what is set before a rehearsal is taken away, whatever the program says: protection off, deletion complete
    emptied     code that removes what would hold a rehearsal's resource back; it returns how many things it removed
    recorded    moto lacks the operations, and the recorder answers them (see recorder.py)
    """

    type: str
    service: str
    create: Call | Code
    id: str | Code
    read: Call | Code
    delete: Call | Code | None
    updates: tuple[Update, ...] = ()
    missing: tuple[str, ...] = ()
    replace: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    empty: Mapping[str, Any] = field(default_factory=dict)
    zeros: frozenset[str] = frozenset()
    moves: Mapping[str, str] = field(default_factory=dict)
    json: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    unset: Mapping[str, Any] = field(default_factory=dict)
    sets: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    same: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    replace_if: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    autoname: Autoname | None = None
    tags: Tags | None = None
    foreseen: tuple[Check, ...] = ()
    steps: Mapping[str, Refused] = field(default_factory=dict)
    singleton: bool = False
    once: str = ""
    freed: Mapping[str, Any] = field(default_factory=dict)
    emptied: Callable[[Context], int] | None = None
    recorded: bool = False
