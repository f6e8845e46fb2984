"""KMS."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Lookup, Points, Quota, Rights, Unique

ALIAS = Card(
    token="aws:kms/alias:Alias",
    name="name",
    free=SETTING,
    rights=Rights(actions=("kms:CreateAlias",), arn="arn:{partition}:kms:{region}:{account}:{name}", name="name"),
    unique=Unique(
        plural="KMS aliases",
        lookup=Lookup(service="kms", operation="describe_key", parameter="KeyId", missing=("NotFoundException",)),
    ),
    points=(Points(path="targetKeyId", to="aws:kms/key:Key"),),
    room="keys",
)
GRANT = Card(
    token="aws:kms/grant:Grant",
    free=SETTING,
    points=(Points(path="keyId", to="aws:kms/key:Key"),),
    room="keys",
)
KEY = Card(
    token="aws:kms/key:Key",
    taggable=True,
    holds="everything encrypted under it",
    unit="key and month, and requests",
    rights=Rights(actions=("kms:CreateKey", "kms:TagResource", "kms:EnableKeyRotation")),
    # Which keys are the account's own and which are AWS's, only a call for each would tell: what is in use is left out.
    quotas=(Quota(service="kms", code="L-C2F1777E", name="Customer Master Keys (CMKs)"),),
    room="keys",
)
KEY_POLICY = Card(
    token="aws:kms/keyPolicy:KeyPolicy",
    free=SETTING,
    points=(Points(path="keyId", to="aws:kms/key:Key"),),
    room="keys",
)
REPLICA_KEY = Card(
    token="aws:kms/replicaKey:ReplicaKey",
    holds="everything encrypted under it",
    unit="key and month, and requests",
    room="keys",
)

CARDS: Final = (
    ALIAS,
    GRANT,
    KEY,
    KEY_POLICY,
    REPLICA_KEY,
)
