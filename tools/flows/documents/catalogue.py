"""Which document each verb prints with `--json`: what docs/json.md is written from and the tests hold every answer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tools.flows.documents.bootstrap import BootstrapDocument
from tools.flows.documents.cost import CostDocument, RenewalDocument
from tools.flows.documents.images import BillDocument, BuiltDocument, ImageDocument, ImageRowDocument, PushedDocument
from tools.flows.documents.jobs import JobDocument, TuneDocument
from tools.flows.documents.machine import (
    CloudDocument,
    CoverageDocument,
    DoctorDocument,
    LintDocument,
    LocalResetDocument,
    LocalStatusDocument,
    LocalStopDocument,
    SetupDocument,
    TestDocument,
)
from tools.flows.documents.models import (
    DecidedModelDocument,
    DeletedModelDocument,
    EvaluatedModelDocument,
    ModelDiffDocument,
    ModelDocument,
    ModelsDocument,
    PromotedModelDocument,
    ShownModelDocument,
)
from tools.flows.documents.policy import PolicyDocument, RuleDocument
from tools.flows.documents.preflight import PreflightDocument
from tools.flows.documents.refusal import RefusalDocument
from tools.flows.documents.report import JobReportDocument, ReportDocument
from tools.flows.documents.run import DestroyDocument, RefreshDocument, RunDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a verb prints, `when` it is called so ("" for always). `document` is a type; `foreign` says whose form it is instead,
    where it is not ours to fix."""

    verb: str
    document: Any = None
    when: str = ""
    foreign: str = ""


REFUSAL: Final = Printed(verb="", document=RefusalDocument)
PRINTED: Final = (
    Printed(verb="up", document=RunDocument),
    Printed(verb="preview", document=RunDocument),
    Printed(verb="refresh", document=RefreshDocument),
    Printed(verb="destroy", document=DestroyDocument),
    Printed(verb="outputs", foreign="An object of the stack's outputs by name, `[secret]` in place of secrets."),
    Printed(verb="export", foreign="What `pulumi stack export` prints: `version` and `deployment`."),
    Printed(verb="check", document=PolicyDocument),
    Printed(verb="check", document=list[RuleDocument], when="with --list"),
    Printed(verb="cost", document=CostDocument),
    Printed(verb="cost refresh", document=RenewalDocument),
    Printed(verb="preflight", document=PreflightDocument),
    Printed(verb="train", document=JobDocument),
    Printed(verb="tune", document=TuneDocument),
    Printed(verb="report", document=ReportDocument),
    Printed(verb="report", document=JobReportDocument, when="of training jobs"),
    Printed(verb="models list", document=ModelsDocument),
    Printed(verb="models register", document=ModelDocument),
    Printed(verb="models show", document=ShownModelDocument),
    Printed(verb="models evaluate", document=EvaluatedModelDocument),
    Printed(verb="models approve", document=DecidedModelDocument),
    Printed(verb="models reject", document=DecidedModelDocument),
    Printed(verb="models promote", document=PromotedModelDocument),
    Printed(verb="models diff", document=ModelDiffDocument),
    Printed(verb="models delete", document=DeletedModelDocument),
    Printed(verb="images list", document=list[ImageRowDocument]),
    Printed(verb="images show", document=ImageDocument),
    Printed(verb="images build", document=BuiltDocument, when="of one image"),
    Printed(verb="images build", document=list[BuiltDocument], when="of all"),
    Printed(verb="images push", document=PushedDocument, when="of one image"),
    Printed(verb="images push", document=list[PushedDocument], when="of all"),
    Printed(verb="images sbom", document=BillDocument, when="with --output"),
    Printed(verb="images sbom", when="without --output", foreign="CycloneDX 1.6: <https://cyclonedx.org/docs/1.6/json/>."),
    Printed(verb="local start", document=CloudDocument),
    Printed(verb="local stop", document=LocalStopDocument),
    Printed(verb="local status", document=LocalStatusDocument),
    Printed(verb="local reset", document=LocalResetDocument),
    Printed(verb="local coverage", document=CoverageDocument),
    Printed(verb="local env", foreign="An object of environment variables by name."),
    Printed(verb="bootstrap", document=BootstrapDocument),
    Printed(verb="doctor", document=DoctorDocument),
    Printed(verb="test", document=TestDocument),
    Printed(verb="lint", document=LintDocument),
    Printed(verb="setup", document=SetupDocument),
)


def printed_by(verb: str) -> tuple[Printed, ...]:
    """What a verb may print, beside a refusal."""
    return tuple(row for row in PRINTED if row.verb == verb)
