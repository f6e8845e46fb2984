"""Shared file systems (EFS, FSx for Lustre): data sets and checkpoints, under our key, kept."""

from __future__ import annotations

from catalog.types import efs, fsx
from policies.checks import is_on, is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    efs.FILE_SYSTEM,
    fsx.LUSTRE_FILE_SYSTEM,
    severity="mandatory",
    frameworks=("FSBP EFS.1", "FSBP EFS.8", "CIS 3.3.1", "GDPR 32"),
    anchors=("CKV_AWS_42", "CKV_AWS_184", "CKV_AWS_190"),
    why="Data sets and checkpoints lie there for years, and a file system is encrypted from the first day or never.",
    fix="set encrypted to true (EFS) and kmsKeyId to a key of ours",
)
def files_are_encrypted_with_our_key(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if resource.type == efs.FILE_SYSTEM.token and not block.flag("encrypted"):
        return Fail("the file system is not encrypted")
    return is_set(resource, "kmsKeyId", "the file system is under no key of ours")


@rule(
    efs.ACCESS_POINT,
    severity="mandatory",
    frameworks=("FSBP EFS.3", "FSBP EFS.4"),
    anchors=("CKV_AWS_329", "CKV_AWS_330"),
    why="A mount without a root directory and a user of its own sees every team's files, as whoever it says it is.",
    fix="set rootDirectory.path to a folder below / and posixUser",
)
def access_point_is_confined(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("rootDirectory.path") in ("", "/"):
        return Fail("the access point shows the whole file system")
    return PASS if block.has("posixUser") else Fail("the access point takes the client's word for who it is")


@rule(
    fsx.LUSTRE_FILE_SYSTEM,
    severity="advisory",
    why="A scratch file system loses its files with one server; a checkpoint is then gone when it is needed.",
    fix="set deploymentType to PERSISTENT_2, or keep checkpoints in S3",
)
def checkpoints_outlive_a_server(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("deploymentType")
    return PASS if value.startswith("PERSISTENT") else Fail(f"deploymentType is {value or 'not set (SCRATCH_1)'}")


@rule(
    fsx.LUSTRE_FILE_SYSTEM,
    severity="advisory",
    frameworks=("FSBP FSx.2",),
    why="A backup without its tags belongs to nobody and is paid for by nobody.",
    fix="set copyTagsToBackups to true",
)
def backups_carry_tags(resource: ResourceView) -> Verdict:
    return is_on(resource, "copyTagsToBackups", "backups lose the tags")
