"""What `bootstrap --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, cast

from tools.bootstrap.step import Outcome
from tools.bootstrap.target import KEY_ALIAS

if TYPE_CHECKING:
    from tools.flows.bootstrapping import Bootstrap


class BootstrapStepDocument(TypedDict):
    """One property of one thing."""

    thing: Annotated[str, "The thing: a key, a bucket, a role, the stack file."]
    aspect: Annotated[str, "Which property of it; the first is that it is there."]
    op: Annotated[
        Literal["found", "make", "mend", "made", "mended"],
        "`make` and `mend` are what a run would do, with --dry-run.",
    ]


class BootstrapDocument(TypedDict):
    """What there is for the first `up` of an environment."""

    stack: Annotated[str, "The environment."]
    account: Annotated[str, "The AWS account."]
    region: Annotated[str, "Its region."]
    dryRun: Annotated[bool, "Whether nothing was touched."]
    steps: Annotated[list[BootstrapStepDocument], "Everything that was looked at, in order."]
    bucket: Annotated[str, "The bucket of the state."]
    keyAlias: Annotated[str, "The alias of the key under which the state's secrets are."]
    keyArn: Annotated[str | None, "The key; null before it is made."]
    secretsProvider: Annotated[str, "What the stack file names as its secrets provider."]
    repository: Annotated[str | None, "The repository whose workflows may take the roles; null for none."]
    roles: Annotated[dict[str, str], "The arn of each role of CI, by its purpose."]
    variables: Annotated[dict[str, str], "The variables that the repository's workflow reads."]
    notes: Annotated[list[str], "What a person must know besides."]


def bootstrap_document(environment: Bootstrap, outcomes: list[Outcome], *, dry_run: bool) -> BootstrapDocument:
    """The document of a bootstrap. Asks the account once more, for the notes."""
    target = environment.target
    return {
        "stack": target.stack,
        "account": target.account_id,
        "region": target.region,
        "dryRun": dry_run,
        "steps": [cast(BootstrapStepDocument, {"thing": one.thing, "aspect": one.aspect, "op": one.op}) for one in outcomes],
        "bucket": target.bucket,
        "keyAlias": KEY_ALIAS,
        "keyArn": environment.account.key_arn or None,
        "secretsProvider": target.secrets_provider,
        "repository": target.repository or None,
        "roles": {purpose: target.role_arn(purpose) for purpose in environment.roles},
        "variables": environment.variables,
        "notes": environment.notes(),
    }
