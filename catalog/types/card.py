"""The form of a card: what is true of one resource type, whoever asks.

A card is data. A price formula, a rule, a local-cloud row names the card that it is about; nothing of theirs stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# The parts of the picture that `slipway report` draws.
Room = Literal[
    "network", "cluster", "data", "images", "training", "models", "serving", "keys", "identity", "watch", "money", "other"
]

# Why a type costs nothing by itself, where many types have the same reason.
NOT_CHARGED: Final = "AWS does not charge for it"
SETTING: Final = "a setting of a resource that is priced"
OF_A_BUCKET: Final = "a setting or the content of a bucket; what is stored is in the bucket's line"
OF_A_CLUSTER: Final = "the cluster is charged, not what it is told"
ON_NODES: Final = "runs on nodes that are charged"
NO_CLOUD_RESOURCE: Final = "no cloud resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The IAM actions that making a resource takes.

    `arn` is of the resource, and `name` the property that its `{name}` stands for; both are "" where only AWS knows the id.
    """

    actions: tuple[str, ...]
    arn: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A property (a dotted path) that names another resource by its id, name or arn, and the token of that resource's type."""

    path: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The call that answers where a name is taken. `missing` are the error codes for a name that nothing has.

    The name is passed as `parameter`, in a list where `listed`; where `key` is given, an answer without that member is no answer.
    """

    service: str
    operation: str
    parameter: str
    missing: tuple[str, ...]
    listed: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """A type whose names one account and region (buckets: one world) has once. `plural` is the word for several of them.

    `lookup` is None where one call by the name does not answer it.
    """

    plural: str
    lookup: Lookup | None = None
    way_out: str = "delete or import it (`pulumi import`), or take another name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """The call that answers how many an account has: so many items are under `key`, of all pages.

    Of a `summary` the number itself is under `key`. `filters` are (name, value) pairs, of EC2's form.
    """

    service: str
    operation: str
    key: str
    filters: tuple[tuple[str, str], ...] = ()
    summary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota on how many there are of a type, by its code in Service Quotas.

    unit    what a reader is told before the number, where one quota counts two things
    within  the property of the resource within which it counts (a subnet's `vpcId`); "" within an account and region
    shared  the property of that resource which those that count together have in common; "" the resource itself
    each    whether every resource has the quota for itself
    only    the property and value of those that count, and what AWS takes where the property is absent; None for all
    size    the property that says how many one resource stands for; "" for one
    used    how many the account has; None where those of a plan are all that count, or no call tells
    """

    service: str
    code: str
    name: str
    unit: str = ""
    within: str = ""
    shared: str = ""
    each: bool = False
    only: tuple[str, str, str] | None = None
    size: str = ""
    used: Used | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """One resource type. A card is the same as another only where it is the same object, so it is a fast key.

    token     what the engine calls the type
    name      the property that names a resource on AWS; "" where AWS gives an id, or the name is another resource's
    taggable  whether it takes tags as a plain map
    holds     what goes with it when it is replaced or deleted: data, or a service; "" where nothing does
    stores    whether it keeps data of ours, so that its DataClass tag says of which kind
    free      why it costs nothing by itself; "" where it costs, or nobody has looked
    unit      what it is charged by; "" where it is free, or nobody has looked
    rights    what making one takes; None where nobody has looked
    unique    where its names can be taken
    quotas    how many there may be
    points    the resources that it names
    room      where it stands in the picture
    """

    token: str
    name: str = ""
    taggable: bool = False
    holds: str = ""
    stores: bool = False
    free: str = ""
    unit: str = ""
    rights: Rights | None = None
    unique: Unique | None = None
    quotas: tuple[Quota, ...] = ()
    points: tuple[Points, ...] = ()
    room: Room = "other"
