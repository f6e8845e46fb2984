"""Buckets: nobody reads them from outside, everything in them is encrypted, versioned, logged and ages."""

from __future__ import annotations

from typing import Final

from catalog.types import s3
from policies.checks import has_companion
from policies.documents import closed_to_everybody
from policies.iam import DocumentError, Statement, matches, parse
from policies.rule import rule
from policies.tagging import is_production, known_tag, name_says
from policies.verdict import PASS, Fail, Unknown, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import UNKNOWN, ResourceView

_PUBLIC_FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_OPEN_ACLS: Final = frozenset({"public-read", "public-read-write", "authenticated-read"})
_LOG_WORDS: Final = ("log", "logs", "logging", "audit")


def _holds_logs(bucket: ResourceView) -> bool:
    return name_says(bucket, *_LOG_WORDS) or known_tag(bucket, "DataClass").lower() in ("log", "logs", "audit")


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.8", "CIS 3.1.4", "GDPR 32"),
    anchors=("CKV2_AWS_6",),
    why="A bucket without a public access block is one wrong policy or ACL away from the internet.",
    fix="declare a BucketPublicAccessBlock for the bucket with all four flags true",
)
def bucket_public_access_blocked(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, s3.BUCKET_PUBLIC_ACCESS_BLOCK, "the bucket has no public access block in this stack")


@rule(
    s3.BUCKET_PUBLIC_ACCESS_BLOCK,
    severity="mandatory",
    frameworks=("FSBP S3.8", "CIS 3.1.4", "GDPR 32"),
    anchors=("CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"),
    why="Each of the four flags closes another way to the public; three of them leave one open.",
    fix="set blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets to true",
)
def public_access_block_complete(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    return every(_PUBLIC_FLAGS, lambda flag: PASS if block.flag(flag) else Fail(f"{flag} is {block.value(flag)!r}, not true"))


@rule(
    s3.BUCKET_POLICY,
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.2", "FSBP S3.3", "CIS 2.21", "GDPR 32"),
    anchors=("CKV_AWS_70",),
    why="An Allow for Principal * that no condition confines gives the data to everybody.",
    fix='name the principals, or confine "*" with aws:PrincipalOrgID, aws:SourceAccount or aws:SourceVpce',
)
def policy_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


def _denies_plain_http(statement: Statement) -> bool:
    without_tls = any(
        condition.key == "aws:securetransport" and condition.operator.startswith("bool") and condition.values == ("false",)
        for condition in statement.conditions
    )
    everybody = "*" in statement.principals.get("aws", ())
    reads = any(matches(action, "s3:GetObject") for action in statement.actions)
    return statement.effect == "Deny" and without_tls and everybody and reads


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.5", "CIS 3.1.1", "GDPR 32"),
    anchors=("CKV_AWS_379",),
    why="S3 answers plain HTTP too: without a Deny, data and credentials' signatures can travel unencrypted.",
    fix='add a BucketPolicy statement: Deny s3:* to "*" with Bool aws:SecureTransport "false"',
)
def bucket_denies_plain_http(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    companions = plan.companions(resource, s3.BUCKET_POLICY)
    inline = [resource] if Block.of(resource).given("policy") else []

    def denies(view: ResourceView) -> Verdict:
        try:
            document = parse(Block.of(view).value("policy", unknown=UNKNOWN), f"{view.name}.policy")
        except DocumentError:
            return Fail("its policy is no document")
        return PASS if any(_denies_plain_http(one) for one in document.statements) else Fail("no such statement")

    def might(view: ResourceView) -> Verdict:
        verdict = denies(view)
        return Unknown("bucket") if verdict == PASS else verdict

    missing = "no bucket policy in this stack denies requests without TLS"
    verdict = some([*companions.found, *inline], denies, missing)
    return some(companions.possible, might, missing) if isinstance(verdict, Fail) and companions.possible else verdict


@rule(
    s3.BUCKET_ACL,
    s3.BUCKET,
    s3.BUCKET_OBJECTV2,
    severity="mandatory",
    frameworks=("FSBP S3.2", "FSBP S3.3", "FSBP S3.12"),
    anchors=("CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_375"),
    why="ACLs are the oldest way to publish a bucket by accident.",
    fix="drop the ACL (BucketOwnerEnforced turns ACLs off)",
)
def acl_not_public(resource: ResourceView) -> Verdict:
    acl = Block.of(resource).text("acl")
    return Fail(f"the ACL is {acl}") if acl in _OPEN_ACLS else PASS


@rule(
    s3.BUCKET_OWNERSHIP_CONTROLS,
    severity="mandatory",
    frameworks=("FSBP S3.12",),
    anchors=("CKV2_AWS_65",),
    why="With ACLs on, an object written by another account is not ours to read, encrypt or delete.",
    fix="set rule.objectOwnership to BucketOwnerEnforced",
)
def ownership_is_enforced(resource: ResourceView) -> Verdict:
    ownership = Block.of(resource).text("rule.objectOwnership")
    return PASS if ownership == "BucketOwnerEnforced" else Fail(f"objectOwnership is {ownership or 'not set'}")


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.17", "GDPR 32"),
    anchors=("CKV_AWS_145", "CKV_AWS_19"),
    why="With a key of ours, access to the data can be taken away by taking away the key; S3's own key has no policy.",
    fix="declare a BucketServerSideEncryptionConfiguration with aws:kms and kmsMasterKeyId (log buckets may use AES256)",
)
def bucket_encrypted_with_customer_key(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    companions = plan.companions(resource, s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION)
    rules = [row for view in companions.found for row in Block.of(view).items("rules")]
    inline = Block.of(resource)
    if inline.has("serverSideEncryptionConfiguration"):
        rules += inline.items("serverSideEncryptionConfiguration.rule")

    def with_own_key(row: Block) -> Verdict:
        algorithm = row.text("applyServerSideEncryptionByDefault.sseAlgorithm")
        if algorithm == "AES256" and _holds_logs(resource):
            return PASS  # S3 delivers access logs only to buckets under its own key
        if not algorithm.startswith("aws:kms"):
            return Fail(f"the algorithm is {algorithm or 'not set'}")
        key = row.text("applyServerSideEncryptionByDefault.kmsMasterKeyId")
        return PASS if key and "alias/aws/" not in key else Fail("no key of ours is named")

    if not rules and companions.possible:
        return Unknown("bucket")
    return some(rules, with_own_key, "the bucket is not encrypted with a key of ours")


@rule(
    s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION,
    severity="advisory",
    frameworks=("FSBP S3.17",),
    why="Without a bucket key every object read is a KMS request: slower and, for training data, dearer.",
    fix="set bucketKeyEnabled to true",
)
def encryption_uses_bucket_key(resource: ResourceView) -> Verdict:
    def uses(row: Block) -> Verdict:
        kms = row.text("applyServerSideEncryptionByDefault.sseAlgorithm") == "aws:kms"
        return Fail("bucketKeyEnabled is not true") if kms and not row.flag("bucketKeyEnabled") else PASS

    return every(Block.of(resource).items("rules"), uses)


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.14",),
    anchors=("CKV_AWS_21",),
    why="A data set or a model that is overwritten or deleted can only come back from a version.",
    fix="declare a BucketVersioning with status Enabled",
)
def bucket_versioned(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    companions = plan.companions(resource, s3.BUCKET_VERSIONING)
    if Block.of(resource).flag("versioning.enabled"):
        return PASS

    def enabled(view: ResourceView) -> Verdict:
        status = Block.of(view).text("versioningConfiguration.status")
        return PASS if status == "Enabled" else Fail(f"versioning is {status or 'not set'}")

    if not companions.found and companions.possible:
        return Unknown("bucket")
    return some(companions.found, enabled, "the bucket keeps no versions")


@rule(
    s3.BUCKET,
    severity="advisory",
    frameworks=("FSBP S3.13", "GDPR 5(1)(e)"),
    anchors=("CKV2_AWS_61",),
    why="Data that never expires is kept longer than it may be, and paid for longer than it is used.",
    fix="declare a BucketLifecycleConfiguration that tiers or expires what the bucket holds",
)
def bucket_ages(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if Block.of(resource).has("lifecycleRules"):
        return PASS
    return has_companion(
        resource, plan, s3.BUCKET_LIFECYCLE_CONFIGURATION, "the bucket has no lifecycle configuration in this stack"
    )


@rule(
    s3.BUCKET_LIFECYCLE_CONFIGURATION,
    severity="advisory",
    frameworks=("FSBP S3.10",),
    anchors=("CKV_AWS_300",),
    why="Parts of a broken multipart upload (a checkpoint cut short) are paid for and shown nowhere.",
    fix="add an enabled rule with abortIncompleteMultipartUpload.daysAfterInitiation",
)
def lifecycle_aborts_uploads(resource: ResourceView) -> Verdict:
    def aborts(row: Block) -> Verdict:
        days = row.number("abortIncompleteMultipartUpload.daysAfterInitiation")
        return PASS if row.text("status") == "Enabled" and days else Fail("it does not")

    return some(Block.of(resource).items("rules"), aborts, "no rule aborts incomplete multipart uploads")


@rule(
    s3.BUCKET,
    severity="advisory",
    frameworks=("FSBP S3.9", "GDPR 30"),
    anchors=("CKV_AWS_18",),
    why="Who read the training data is a question that only access logs can answer afterwards.",
    fix="declare a BucketLogging to the stack's log bucket",
)
def bucket_logs_access(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if _holds_logs(resource) or Block.of(resource).has("logging"):
        return PASS  # a bucket that logs its accesses to itself would log without end
    return has_companion(resource, plan, s3.BUCKET_LOGGING, "the bucket's reads and writes are not logged")


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("FSBP S3.14",),
    why="forceDestroy lets one `destroy` empty a production bucket, versions and all.",
    fix="leave forceDestroy false in production",
)
def bucket_kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return Fail("forceDestroy is true on a production bucket") if Block.of(resource).flag("forceDestroy") else PASS
