"""Mutants that no test can kill, because they judge as the rule does: by name, with the reason."""

from __future__ import annotations

from typing import Final

TOLD: Final = "changes only what a reader is told"
ZERO: Final = "nought was turned away just before"

EQUIVALENT: Final[dict[str, str]] = {
    "policies.iam_grants._is_of: 5 -> 6": "the third part of an arn is the third, however many there are",
    "policies.checks.pinned: '@sha256:' -> '@sha256:x'": "a digest also reads as a tag that never moves",
    "policies.checks.pinned: 1 -> 2": "the last part of a name is the last, however many there are",
    "policies.rules.budgets.budget_warns_early: 100.0 -> 101.0": "a notification without a threshold is not below 100 either way",
    "policies.rules.credentials._texts: True -> False": "what is no base64 decodes to noise, in which nothing looks like a key",
    "policies.rules.iam._wide: 1 -> 2": TOLD,
    "policies.rules.iam._wide: len(wide) > 1 -> len(wide) <= 1": TOLD,
    "policies.rules.iam._wide: len(wide) > 1 -> len(wide) >= 1": TOLD,
    "policies.rules.iam.no_admin_managed_policy: 1 -> 2": "the last part of an arn is the last, however many there are",
    "policies.rules.iam.no_service_on_every_resource: '*?' -> '*?x'": "no service's name is of x alone",
    "policies.rules.iam.no_service_wildcard: '*?' -> '*?x'": "no service's name is of x alone",
    "policies.rules.iam.pass_role_is_confined: '*' -> '*x'": "without resources it is a pattern of any role either way",
    "policies.rules.kubernetes.gpu_taint_is_for_gpu_pods: key or 'every taint' -> key and 'every taint'": TOLD,
    "policies.rules.kubernetes.resources_are_bounded: 'limits.memory' -> 'limits.memoryx'": TOLD,
    "policies.rules.kubernetes_job.has_a_time_limit: seconds > 0 -> seconds >= 0": ZERO,
    "policies.rules.logs.group_has_retention: days > 0 -> days >= 0": ZERO,
    "policies.rules.pipelines._training_steps: 'Name' -> 'Namex'": TOLD,
    "policies.rules.pipelines._training_steps: 'pipelineDefinition' -> 'pipelineDefinitionx'": TOLD,
    "policies.rules.privacy.store_forgets_in_time: 'objects' -> 'objectsx'": TOLD,
    "policies.rules.rds.backups_are_kept: 0 -> 1": "one day is as much too few as none",
    "policies.rules.residency.inference_stays_in_its_geography: 'global' -> 'globalx' #2": TOLD,
    "policies.rules.residency.inference_stays_in_its_geography: geography == 'global' -> geography != 'global' #2": TOLD,
    "policies.rules.schedules.A_DAY: 86400 -> 86401": TOLD,
    "policies.tagging.is_production: 1 -> 2": "the last part of a name is the last, however many there are",
    "policies.rules.sagemaker.endpoint_captures_data: share > 0 -> share >= 0": ZERO,
}
