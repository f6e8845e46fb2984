"""The identity provider of GitHub that a stack makes, or that the account has already."""

from __future__ import annotations

from catalog.types import iam
from infra.identity.rights import roles
from infra.identity.settings import IdentitySettings
from tests.infra.recorded_components import recorded_identity
from tests.infra.roles import SCOPE
from tests.support.values import read


def github(**ci: str) -> tuple[int, str]:
    """How many identity providers of GitHub the stack makes, and the CI role's trust."""
    settings = IdentitySettings.model_validate({"ci": {"repository": "example/slipway", **ci}})
    plan = recorded_identity(tuple(role for role in roles(SCOPE, settings) if role.key == "ci"), settings)
    (role,) = plan.of(iam.ROLE)
    return len(plan.of(iam.OPEN_ID_CONNECT_PROVIDER)), str(read(role, "assumeRolePolicy"))


def test_the_accounts_one_provider_of_github_is_made_here_or_taken_as_it_is_and_ci_trusts_the_same_one() -> None:
    (made, trust), (taken, same) = github(), github(provider="existing")
    assert (made, taken) == (1, 0)
    assert same == trust
    assert "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" in trust
