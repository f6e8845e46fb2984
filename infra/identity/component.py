"""The IAM roles, from the pure documents of `iam_documents`, and the boundary around all that people and workloads take."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base import iam as documents
from infra.base.iam import Document, Scope
from infra.base.naming import Naming
from infra.identity import github as github_identity
from infra.identity.boundary import boundary_document
from infra.money.working_hours import resize_document, resize_trust
from infra.registry.rights import image_build_document, image_build_trust, start_builds
from infra.settings_platform import CiSettings, ImageBuildSettings


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """`cluster_name` is known before the cluster is: pods' roles trust that one cluster.

    `resized_node_groups` are the starts of the names of node groups that working hours empty and fill.
    `operator_principal_arns` are arn patterns of who may be the operator; none means everybody here with a second factor.
    """

    naming: Naming
    scope: Scope
    cluster_name: str
    max_session_hours: int
    operator_principal_arns: tuple[str, ...]
    ci: CiSettings | None
    image_build: ImageBuildSettings | None
    resized_node_groups: tuple[str, ...] = ()


class Identity(pulumi.ComponentResource):
    """Roles by purpose. Each `*_role_arn` waits for the role's policies: a service may try the role at once."""

    boundary_arn: pulumi.Output[str]
    training_role_arn: pulumi.Output[str]
    serving_role_arn: pulumi.Output[str]
    pod_training_role_arn: pulumi.Output[str]
    operator_role_arn: pulumi.Output[str]
    flow_log_role_arn: pulumi.Output[str]
    cluster_role_arn: pulumi.Output[str]
    node_role_arn: pulumi.Output[str]
    cni_role_arn: pulumi.Output[str]
    ebs_csi_role_arn: pulumi.Output[str]
    ci_role_arn: pulumi.Output[str] | None
    image_build_role_arn: pulumi.Output[str] | None
    resize_role_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:security:Identity", name, None, opts)
        self._args = args
        scope = args.scope
        sagemaker = documents.service_trust(scope, "sagemaker.amazonaws.com")
        pod = documents.pod_trust(scope, args.cluster_name)
        bounded = {
            "training": documents.training_document(scope),
            "serving": documents.serving_document(scope),
            "pod-training": documents.pod_training_document(scope),
            "operator": documents.operator_document(scope),
            "flow-log": documents.flow_log_document(scope),
        }
        if args.ci:
            bounded["ci"] = documents.ci_document(scope)
        if args.image_build:
            bounded["image-build"] = image_build_document(scope, args.image_build.connection_arn)
        if args.resized_node_groups:
            bounded["working-hours"] = resize_document(scope, args.resized_node_groups)
        if args.ci and args.image_build:
            bounded["ci"] = documents.document(*bounded["ci"]["Statement"], start_builds(scope))
        boundary = self._boundary(boundary_document(scope, list(bounded.values())))

        self.boundary_arn = boundary.arn
        self.training_role_arn = self._role("training", sagemaker, bounded["training"], boundary=boundary)
        self.serving_role_arn = self._role("serving", sagemaker, bounded["serving"], boundary=boundary)
        self.pod_training_role_arn = self._role("pod-training", pod, bounded["pod-training"], boundary=boundary)
        self.operator_role_arn = self._role(
            "operator",
            documents.operator_trust(scope, args.operator_principal_arns),
            bounded["operator"],
            boundary=boundary,
            session_hours=args.max_session_hours,
        )
        self.flow_log_role_arn = self._role(
            "flow-log", documents.service_trust(scope, "vpc-flow-logs.amazonaws.com"), bounded["flow-log"], boundary=boundary
        )
        # No boundary on these, although a rule asks for one: AWS widens their managed policies with new versions of EKS, the
        # plug-in and the driver, and a boundary of ours would cut the new right off in the middle of an upgrade. CI and
        # operators, who are bound, can attach nothing to them.
        self.cluster_role_arn = self._role("cluster", documents.service_trust(scope, "eks.amazonaws.com"))
        self.node_role_arn = self._role("node", documents.node_trust())
        self.cni_role_arn = self._role("vpc-cni", pod)
        self.ebs_csi_role_arn = self._role("ebs-csi", pod, documents.volume_key_document(scope))
        self.ci_role_arn = self._ci_role(args.ci, bounded["ci"], boundary) if args.ci else None
        self.image_build_role_arn = (
            self._role("image-build", image_build_trust(scope), bounded["image-build"], boundary=boundary)
            if args.image_build
            else None
        )
        self.resize_role_arn = (
            self._role("working-hours", resize_trust(scope), bounded["working-hours"], boundary=boundary)
            if args.resized_node_groups
            else None
        )
        outputs = {
            "boundaryArn": self.boundary_arn,
            "trainingRoleArn": self.training_role_arn,
            "servingRoleArn": self.serving_role_arn,
            "podTrainingRoleArn": self.pod_training_role_arn,
            "operatorRoleArn": self.operator_role_arn,
            "flowLogRoleArn": self.flow_log_role_arn,
            "clusterRoleArn": self.cluster_role_arn,
            "nodeRoleArn": self.node_role_arn,
            "cniRoleArn": self.cni_role_arn,
            "ebsCsiRoleArn": self.ebs_csi_role_arn,
        }
        some = {
            "ciRoleArn": self.ci_role_arn,
            "imageBuildRoleArn": self.image_build_role_arn,
            "resizeRoleArn": self.resize_role_arn,
        }
        self.register_outputs(outputs | {name: arn for name, arn in some.items() if arn is not None})

    def _boundary(self, document: Document) -> aws.iam.Policy:
        name = self._args.naming.name("permission-boundary")
        return aws.iam.Policy(
            name,
            name=name,
            description="The most that any workload, pipeline or person here can be given",
            policy=json.dumps(document),
            tags=self._args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ci_role(self, ci: CiSettings, document: Document, boundary: aws.iam.Policy) -> pulumi.Output[str]:
        # The trust names the provider by an arn that is known; where this stack makes the provider, the role comes after it.
        made = [self._github_provider()] if ci.provider == "create" else []
        trust = github_identity.ref_trust(self._args.scope.account_id, repository=ci.repository, git_ref=ci.git_ref)
        return self._role(
            "ci", trust, document, boundary=boundary, session_hours=self._args.max_session_hours, depends_on=[*made]
        )

    def _github_provider(self) -> aws.iam.OpenIdConnectProvider:
        name = self._args.naming.name("github")
        return aws.iam.OpenIdConnectProvider(
            name,
            url=f"https://{github_identity.ISSUER}",
            client_id_lists=[github_identity.AUDIENCE],
            tags=self._args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(
        self,
        purpose: str,
        trust: Document,
        document: Document | None = None,
        *,
        boundary: aws.iam.Policy | None = None,
        session_hours: int = 1,
        depends_on: list[pulumi.Resource] | None = None,
    ) -> pulumi.Output[str]:
        """A role, its inline document and AWS's managed policies; its arn, known once all of them are there."""
        name = self._args.naming.name(purpose)
        role = aws.iam.Role(
            name,
            name=name,
            assume_role_policy=json.dumps(trust),
            permissions_boundary=boundary.arn if boundary else None,
            max_session_duration=session_hours * 3600,
            tags=self._args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )
        grants: list[pulumi.Output[str]] = []
        if document is not None:
            policy = aws.iam.RolePolicy(
                name, name=name, role=role.name, policy=json.dumps(document), opts=pulumi.ResourceOptions(parent=role)
            )
            grants.append(policy.id)
        for managed_name in documents.AGENT_POLICIES.get(purpose, ()):
            short = managed_name.rpartition("/")[2]
            attachment = aws.iam.RolePolicyAttachment(
                f"{name}-{short}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{managed_name}",
                opts=pulumi.ResourceOptions(parent=role),
            )
            grants.append(attachment.id)
        return pulumi.Output.all(role.arn, *grants).apply(lambda known: str(known[0]))
