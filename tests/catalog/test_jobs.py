"""What SageMaker fixes about a job is written in the catalog; the packages that may not import it agree with it."""

from __future__ import annotations

from catalog import jobs, limits, versions
from infra.training.job_settings import GIVEN
from localcloud.services.servicequotas.beside_moto import DEFAULTS
from tools.jobs import view
from workloads import contract, evaluation, script_mode, settings


def test_the_hyperparameters_that_the_stack_sets_are_the_reserved_ones() -> None:
    assert tuple(GIVEN) == jobs.OURS


def test_workloads_know_the_same_names_without_the_catalog() -> None:
    assert contract.SDK_PREFIX == jobs.SDK_PREFIX
    assert {jobs.PROGRAM, jobs.SUBMIT_DIRECTORY} <= contract._TOOLKIT_HYPERPARAMETERS
    assert frozenset(evaluation.LAUNCHER_KEYS) == settings.LAUNCHER_KEYS
    assert set(jobs.OURS) >= settings.LAUNCHER_KEYS | script_mode.NOT_PASSED_ON


def test_the_phases_that_end_a_job_are_the_same_in_every_package() -> None:
    assert set(jobs.PHASES) > jobs.ENDED
    assert {view.COMPLETED, view.FAILED, view.STOPPED} == jobs.ENDED
    assert {view.IN_PROGRESS, view.STOPPING}.isdisjoint(jobs.ENDED)


def test_the_limits_of_our_guards_are_below_those_of_aws() -> None:
    assert limits.GUARDED_GPU_NODES < limits.NODES_A_GROUP
    assert limits.GUARDED_JOB_SECONDS < limits.JOB_SECONDS
    assert limits.NODES_A_GROUP in [value for *_, value in DEFAULTS]


def test_versions_are_in_order_and_a_new_cluster_takes_the_newest() -> None:
    assert sorted(versions.EKS, key=lambda one: one.standard_until) == list(versions.EKS)
    assert all(one.standard_until < one.extended_until for one in versions.EKS)
    assert versions.EKS_DEFAULT is versions.EKS[-1]
