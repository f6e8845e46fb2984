"""Mutants that no test can kill, because they give the same verdicts as the rule: by name, with the reason."""

from __future__ import annotations

from typing import Final

MESSAGE: Final = "changes only the message"
ZERO: Final = "zero was ruled out just before"

EQUIVALENT: Final[dict[str, str]] = {
    "policies.iam_grants._is_of: 5 -> 6": "the third part of an arn is the third, however many there are",
    "policies.checks.pinned: '@sha256:' -> '@sha256:x'": "a digest also reads as a tag that never moves",
    "policies.checks.pinned: 1 -> 2": "the last part of a name is the last, however many there are",
    "policies.rules.budgets.budget_warns_early: 100.0 -> 101.0": "a notification without a threshold is not below 100 either way",
    "policies.rules.credentials._texts: True -> False": "text that is no base64 decodes to noise, which has no form of a key",
    "policies.rules.iam._wide: 1 -> 2": MESSAGE,
    "policies.rules.iam._wide: len(wide) > 1 -> len(wide) <= 1": MESSAGE,
    "policies.rules.iam._wide: len(wide) > 1 -> len(wide) >= 1": MESSAGE,
    "policies.rules.iam.no_admin_managed_policy: 1 -> 2": "the last part of an arn is the last, however many there are",
    "policies.rules.iam.no_service_on_every_resource: '*?' -> '*?x'": "no service's name is of x alone",
    "policies.rules.iam.no_service_wildcard: '*?' -> '*?x'": "no service's name is of x alone",
    "policies.rules.iam.pass_role_is_confined: '*' -> '*x'": "without resources it is a pattern of any role either way",
    "policies.rules.kubernetes.gpu_taint_is_for_gpu_pods: key or 'every taint' -> key and 'every taint'": MESSAGE,
    "policies.rules.kubernetes.resources_are_bounded: 'limits.memory' -> 'limits.memoryx'": MESSAGE,
    "policies.rules.kubernetes_job.has_a_time_limit: seconds > 0 -> seconds >= 0": ZERO,
    "policies.rules.logs.group_has_retention: days > 0 -> days >= 0": ZERO,
    "policies.rules.pipelines._training_steps: 'Name' -> 'Namex'": MESSAGE,
    "policies.rules.pipelines._training_steps: 'pipelineDefinition' -> 'pipelineDefinitionx'": MESSAGE,
    "policies.rules.privacy.store_forgets_in_time: 'objects' -> 'objectsx'": MESSAGE,
    "policies.rules.rds.backups_are_kept: 0 -> 1": "one day is too few, as none is",
    "policies.rules.residency.inference_stays_in_its_geography: 'global' -> 'globalx' #2": MESSAGE,
    "policies.rules.residency.inference_stays_in_its_geography: geography == 'global' -> geography != 'global' #2": MESSAGE,
    "policies.rules.schedules.A_DAY: 86400 -> 86401": MESSAGE,
    "policies.tagging.is_production: 1 -> 2": "the last part of a name is the last, however many there are",
    "policies.rules.sagemaker.endpoint_captures_data: share > 0 -> share >= 0": ZERO,
}
