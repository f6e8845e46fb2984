"""Secrets Manager."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points, Rights, Unique

SECRET = Card(
    token="aws:secretsmanager/secret:Secret",
    name="name",
    taggable=True,
    holds="its value",
    stores=True,
    unit="secret and month, and reads",
    rights=Rights(
        actions=("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
        arn="arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",
        name="name",
    ),
    unique=Unique(
        plural="secrets",
        way_out="`aws secretsmanager restore-secret` and import it, or delete it with --force-delete-without-recovery",
    ),
    room="keys",
)
SECRET_POLICY = Card(
    token="aws:secretsmanager/secretPolicy:SecretPolicy",
    free=SETTING,
    points=(Points(path="secretArn", to="aws:secretsmanager/secret:Secret"),),
    room="keys",
)
SECRET_ROTATION = Card(
    token="aws:secretsmanager/secretRotation:SecretRotation",
    free=SETTING,
    points=(Points(path="secretId", to="aws:secretsmanager/secret:Secret"),),
    room="keys",
)
SECRET_VERSION = Card(
    token="aws:secretsmanager/secretVersion:SecretVersion",
    free=SETTING,
    rights=Rights(actions=("secretsmanager:PutSecretValue",)),
    points=(Points(path="secretId", to="aws:secretsmanager/secret:Secret"),),
    room="keys",
)

CARDS: Final = (
    SECRET,
    SECRET_POLICY,
    SECRET_ROTATION,
    SECRET_VERSION,
)
