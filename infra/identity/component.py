"""The IAM roles that the capabilities ask for, and the boundary around all that people and workloads take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pydantic.alias_generators import to_camel

from infra.base.component import Component
from infra.base.iam import Document, Scope
from infra.base.naming import Naming
from infra.base.role import Role
from infra.identity import github
from infra.identity.boundary import boundary_document
from infra.identity.rights import CI
from infra.identity.settings import IdentitySettings


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """`roles` are what every capability's `rights.py` asks for."""

    naming: Naming
    scope: Scope
    settings: IdentitySettings
    roles: Sequence[Role]


class Identity(Component[IdentityArgs], token="slipway:security:Identity"):
    """The roles' arns by key. Each waits for the role's policies: a service may try the role at once."""

    boundary_arn: pulumi.Output[str]

    def declare(self, args: IdentityArgs) -> None:
        bounded = [role.document for role in args.roles if role.bounded and role.document is not None]
        boundary = self._boundary(boundary_document(args.scope, bounded))
        ci = args.settings.ci
        # The trust of CI's role names GitHub's provider by an arn that is known before the provider is made: the role must wait
        # for the provider where this stack makes it.
        providers = [self._github_provider()] if ci is not None and ci.provider == "create" else []
        self.boundary_arn = boundary.arn
        self.role_arns = {role.key: self._role(role, boundary, providers if role.key == CI else []) for role in args.roles}

    def named_outputs(self) -> Mapping[str, pulumi.Output[str]]:
        return {f"{to_camel(key.replace('-', '_'))}RoleArn": arn for key, arn in self.role_arns.items()}

    def _boundary(self, document: Document) -> aws.iam.Policy:
        name = self._args.naming.name("permission-boundary")
        return aws.iam.Policy(
            name,
            name=name,
            description="The most that any workload, pipeline or person here can be given",
            policy=json.dumps(document),
            tags=self._args.naming.tags(name),
            opts=self.child(),
        )

    def _github_provider(self) -> aws.iam.OpenIdConnectProvider:
        name = self._args.naming.name("github")
        return aws.iam.OpenIdConnectProvider(
            name,
            url=f"https://{github.ISSUER}",
            client_id_lists=[github.AUDIENCE],
            tags=self._args.naming.tags(name),
            opts=self.child(),
        )

    def _role(self, spec: Role, boundary: aws.iam.Policy, after: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        """A role, its inline document and AWS's managed policies; its arn, known once all of them are there."""
        name = self._args.naming.name(spec.purpose)
        role = aws.iam.Role(
            name,
            name=name,
            assume_role_policy=json.dumps(spec.trust),
            permissions_boundary=boundary.arn if spec.bounded else None,
            max_session_duration=spec.session_hours * 3600,
            tags=self._args.naming.tags(name),
            opts=self.child(depends_on=list(after)),
        )
        grants: list[pulumi.Output[str]] = []
        if spec.document is not None:
            policy = aws.iam.RolePolicy(
                name, name=name, role=role.name, policy=json.dumps(spec.document), opts=pulumi.ResourceOptions(parent=role)
            )
            grants.append(policy.id)
        for managed in spec.managed:
            attachment = aws.iam.RolePolicyAttachment(
                f"{name}-{managed.rpartition('/')[2]}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{managed}",
                opts=pulumi.ResourceOptions(parent=role),
            )
            grants.append(attachment.id)
        return pulumi.Output.all(role.arn, *grants).apply(lambda known: str(known[0]))
