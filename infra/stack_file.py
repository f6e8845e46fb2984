"""The typed, frozen view of a whole `Pulumi.<stack>.yaml`, and the one place where a stack file is checked.

Two entrances: `load_file` reads the file with no engine, `from_pulumi` reads what the engine hands a running program (the only
place that touches Pulumi's configuration). Both end in the same model and, where something is wrong, in one `SettingsError` that
names every fault. What the engine hands over has lost the file's text (a key written twice, a secret in the open, `12` for
`"12"`), so a program that a plain `pulumi up` runs has its stack file read as well: it refuses what `./slipway up` refuses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from catalog import limits
from catalog.regions import ZONE_LETTERS, zones_of
from infra.base.faults import collect
from infra.base.iam import Scope
from infra.base.naming import PROJECT, Naming
from infra.base.section import Fault, Place, Section, SettingsError
from infra.cluster.settings import ClusterSettings, GpuPool
from infra.governance.settings import PoliciesSettings
from infra.identity.settings import IdentitySettings
from infra.keys.settings import KeysSettings
from infra.lake.settings import LakeSettings
from infra.money.settings import CostSettings
from infra.network.decide import MIN_ZONES, ZONE_SLOTS, Tier, layout
from infra.network.settings import NetworkSettings
from infra.registry.settings import RegistrySettings
from infra.serving.settings import ServingSettings, unknown_jobs
from infra.stack_names import derived_names
from infra.training.settings import TrainingSettings
from infra.vault.settings import SecretsSettings
from infra.watch.settings import LogsSettings

REGION_KEY: Final = "aws:region"
ACCOUNTS_KEY: Final = "aws:allowedAccountIds"
# libyaml reads a stack file in a tenth of the time that the parser in Python takes; some builds of PyYAML lack it.
SAFE_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the Pulumi CLI itself keeps in a stack file beside `config`.
FILE_KEYS: Final = frozenset({"config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment"})
# A node takes its own address, a prefix of 16 for its pods, and a spare prefix (WARM_PREFIX_TARGET of `infra/cluster`).
ADDRESSES_A_NODE: Final = 33
_ENVIRONMENT: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
_TAG_VALUE: Final = re.compile(r"[\w .:/=+\-@]+")


def _region(name: str) -> str:
    if name not in ZONE_LETTERS:
        near = difflib.get_close_matches(name, ZONE_LETTERS, n=2)
        raise ValueError(
            f"is no region known here; {'did you mean ' + ' or '.join(near) + '?' if near else 'write one like eu-west-1'}"
        )
    return name


def _account(account_id: str) -> str:
    if not re.fullmatch(r"\d{12}", account_id):
        raise ValueError("is no AWS account id; write its 12 digits in quotes (`aws sts get-caller-identity` shows them)")
    return account_id


def _environment(name: str) -> str:
    if not _ENVIRONMENT.fullmatch(name):
        raise ValueError("cannot start every name; use lower-case letters, digits and hyphens, a letter first, two or more")
    return name


def _tag_value(value: str) -> str:
    if len(value) > limits.TAG_VALUE or not _TAG_VALUE.fullmatch(value):
        raise ValueError(f"cannot be a tag's value; use letters, digits, spaces and . : / = + - @ _, {limits.TAG_VALUE} at most")
    return value


def _key(field: str) -> str:
    return {"region": REGION_KEY, "allowed_account_ids": ACCOUNTS_KEY}.get(field, f"{PROJECT}:{to_camel(field)}")


class Settings(Section):
    """One stack's whole configuration. Fields are the file's keys: `region` and `allowed_account_ids` are the
    provider's (`aws:`), the others `slipway:<camelCase>`."""

    model_config = ConfigDict(alias_generator=_key)

    region: Annotated[str, AfterValidator(_region)] = Field(description="The AWS region.")
    account_id: Annotated[str, AfterValidator(_account)] = Field(
        description="The AWS account. Key and role policies name it, and a preview needs no call to AWS to know it."
    )
    allowed_account_ids: tuple[Annotated[str, AfterValidator(_account)], ...] = Field(
        default=(),
        description="The provider's own guard: with credentials of any other account it refuses to start. Name `accountId` here; "
        "left out, the wrong profile builds this stack in the wrong account.",
    )
    environment: Annotated[str, AfterValidator(_environment)] = Field(
        description="The `Environment` tag and part of every name. Left out, it is the stack's name."
    )
    owner: Annotated[str, AfterValidator(_tag_value)] = Field(description="The `Owner` tag: the team that answers for the stack.")
    cost_center: Annotated[str, AfterValidator(_tag_value)] = Field(description="The `CostCenter` tag: who pays.")
    protect: bool = Field(default=False, description="Whether buckets, keys and the cluster refuse to be deleted.")
    network: NetworkSettings = Field(description="The VPC.")
    keys: KeysSettings = Field(default=KeysSettings(), description="KMS keys.")
    identity: IdentitySettings = Field(default=IdentitySettings(), description="IAM.")
    lake: LakeSettings = Field(default=LakeSettings(), description="Buckets.")
    registry: RegistrySettings = Field(default=RegistrySettings(), description="Image repositories.")
    secrets: SecretsSettings = Field(default=SecretsSettings(), description="Secrets for workloads.")
    logs: LogsSettings = Field(default=LogsSettings(), description="Log groups.")
    cluster: ClusterSettings = Field(default_factory=ClusterSettings, description="The Kubernetes cluster and its GPU pool.")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="Training jobs.")
    serving: ServingSettings = Field(default_factory=ServingSettings, description="The model endpoint.")
    cost: CostSettings = Field(description="Ceiling, budget and alerts.")
    policies: PoliciesSettings = Field(default=PoliciesSettings(), description="Severities and exceptions of the policies.")

    @cached_property
    def naming(self) -> Naming:
        """Names and tags of this stack."""
        return Naming(project=PROJECT, environment=self.environment, owner=self.owner, cost_center=self.cost_center)

    @property
    def scope(self) -> Scope:
        """Where the stack's things are."""
        return Scope(account_id=self.account_id, region=self.region, prefix=self.naming.prefix, environment=self.environment)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zone names in use, in order."""
        return self.network.zone_names or zones_of(self.region)[: self.network.zones]

    @property
    def emptied_pools(self) -> tuple[GpuPool, ...]:
        """The pools that have nodes in the working hours alone."""
        return tuple(pool for pool in self.cluster.gpu_pools if self.cost.working_hours and pool.may_be_empty)

    @property
    def place(self) -> Place:
        """What sections are checked against."""
        return Place(region=self.region, account_id=self.account_id, naming=self.naming, zone_names=zones_of(self.region))

    def all_faults(self) -> Iterator[Fault]:
        """Every fault between values: of this model, then of each section."""
        place = self.place
        for what, name, limit in derived_names(self.naming, self.account_id, self.region):
            if len(name) > limit:
                yield Fault(
                    _key("environment"),
                    self.environment,
                    f"makes the {what} name {name}, {len(name)} characters where AWS takes {limit}; "
                    f"shorten it by {len(name) - limit}",
                )
                # A long environment makes many names too long: one fault is enough, and sections get an environment that fits.
                fitting = replace(self.naming, environment=self.environment[: limit - len(name)])
                place = replace(place, naming=fitting)
                break
        if self.protect and self.lake.force_destroy:
            yield Fault(
                f"{_key('lake')}.forceDestroy",
                True,
                f"contradicts {_key('protect')}: protected data is not destroyed; drop one of them",
            )
        for number, pool in enumerate(self.cluster.gpu_pools):
            for entry, zone in enumerate(pool.zones):
                if zone in place.zone_names and zone not in self.zones:
                    yield Fault(
                        f"{_key('cluster')}.gpuPools[{number}].zones[{entry}]",
                        zone,
                        f"has no subnet: the network is in {', '.join(self.zones)}; "
                        f"use one of them, or set {_key('network')}.zoneNames",
                    )
        if self.cost.working_hours and not self.emptied_pools:
            yield Fault(
                f"{_key('cost')}.workingHours",
                self.cost.working_hours.model_dump(),
                "empties no pool: none of the cluster's gpuPools has min 0 and is bought by the hour; set min to 0, or drop it",
            )
        yield from self._address_faults()
        yield from unknown_jobs(self.training, self.serving, _key("serving"))
        for field in type(self).model_fields:
            section = getattr(self, field)
            if isinstance(section, Section):
                yield from section.faults(_key(field), place)

    def _address_faults(self) -> Iterator[Fault]:
        """Private subnets too small for every pool at its largest: pods would then wait for addresses that never come free."""
        if not MIN_ZONES <= len(self.zones) <= ZONE_SLOTS:
            return
        room = next(spec.addresses for spec in layout(self.network.cidr, self.zones) if spec.tier is Tier.PRIVATE)
        for zone in self.zones:
            nodes = ceil(self.cluster.system_pool.max / len(self.zones))
            nodes += sum(
                ceil(pool.max / len(pool.zones or self.zones))
                for pool in self.cluster.gpu_pools
                if zone in (pool.zones or self.zones)
            )
            if nodes * ADDRESSES_A_NODE > room:
                yield Fault(
                    f"{_key('network')}.cidr",
                    self.network.cidr,
                    f"leaves {room} addresses to the private subnet in {zone}, where {nodes} nodes, all pools at their largest, "
                    f"take {nodes * ADDRESSES_A_NODE} ({ADDRESSES_A_NODE} a node); take a larger range, or smaller pools",
                )
                return


class _UniqueKeys(SAFE_LOADER):  # type: ignore[misc]  # no stubs are installed for yaml
    """Refuses a key that a mapping has twice: YAML would take the second and drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", key_node.start_mark)
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


def load_file(path: Path | str, stack: str = "") -> Settings:
    """The settings in a stack file, read with no engine.

    `stack` is the stack's name; left out, it is taken from the file's (`Pulumi.dev.yaml` is dev). Encrypted values stay so.
    Raises SettingsError with every fault; a missing or malformed file is one fault too.
    """
    path = Path(path)
    stack = stack or path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except FileNotFoundError:
        fault = Fault(
            path.name, str(path.parent), f"there is no such stack file; write Pulumi.{stack}.yaml, or take another stack"
        )
        raise SettingsError(path.name, (fault,)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The parser's message quotes the line, which may hold a secret: the fault names only the place.
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "its bytes"
        twice = isinstance(error, yaml.constructor.ConstructorError)
        message = "holds a key that is there before; keep one of the two" if twice else "is no YAML; mend that line"
        raise SettingsError(path.name, (Fault(path.name, where, message),)) from None
    if not isinstance(content, Mapping) or not isinstance(content.get("config"), Mapping):
        raise SettingsError(path.name, (Fault(path.name, type(content).__name__, "holds no `config:` with keys; add it"),))
    strays = [
        Fault(str(key), "[not shown]", f"unknown key beside `config`; known are {', '.join(sorted(FILE_KEYS))}")
        for key in content
        if key not in FILE_KEYS
    ]
    config = content["config"]
    return parse(config, stack=stack, source=path.name, more=[*strays, *_account_faults(config), *_open_secrets(config)])


def _open_secrets(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Secret values that are not encrypted: the file is committed, and the engine copies plain configuration into the state."""
    section = config.get(_key("secrets"))
    values = section.get("values") if isinstance(section, Mapping) else None
    for name, value in values.items() if isinstance(values, Mapping) else ():
        if not (isinstance(value, Mapping) and set(value) == {"secure"}):
            path = f"{_key('secrets')}.values.{name}"
            way_out = f"pulumi config set --secret --path '{_key('secrets')}.values[\"{name}\"]'"
            yield Fault(path, "[secret]", f"is in the open; take it out, change that secret, and set the new one with {way_out}")


def _account_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    """A guard that lets in other accounts than the stack's own."""
    account, allowed = config.get(_key("account_id")), config.get(ACCOUNTS_KEY)
    if isinstance(allowed, list) and allowed and account not in allowed:
        yield Fault(ACCOUNTS_KEY, allowed, f"keeps out the stack's own account {account}; name that one, in quotes")


def parse(
    config: Mapping[str, Any],
    *,
    stack: str,
    source: str,
    more: list[Fault] | None = None,
    secret_keys: frozenset[str] = frozenset(),
) -> Settings:
    """Settings from a configuration mapping (`{"aws:region": ..., "slipway:network": {...}}`).

    `more` are faults found before; values under `secret_keys` are never shown. Raises SettingsError with every fault.
    """
    raw = {_key("environment"): stack, **config}
    settings, faults = collect(Settings, raw, secret_keys=secret_keys)
    every = (*(more or ()), *faults)
    if every or settings is None:
        raise SettingsError(source, tuple(every))
    return settings


def from_pulumi() -> Settings:
    """The settings of the running program, from the engine. Raises SettingsError with every fault."""
    import pulumi
    from pulumi.runtime import config as engine

    stack = pulumi.get_stack()
    source = f"Pulumi.{stack}.yaml"
    values = engine.CONFIG.get()
    if not values:
        # The CLI's language host hands configuration over in the environment. The Automation API hands it over in the runtime,
        # from a work directory whose stack file `./slipway` wrote for it after it had checked the source.
        values = engine.get_config_env()
        if root := pulumi.get_root_directory():
            _check_file(Path(root) / source, stack, values)
    sealed = set(engine.get_config_secret_keys_env())
    secret_keys = frozenset(key for key in values if key in sealed or engine.is_config_secret(key))
    config = {key: _decoded(value) for key, value in values.items()}
    return parse(config, stack=stack, source=source, more=[*_account_faults(config)], secret_keys=secret_keys)


def _check_file(path: Path, stack: str, values: Mapping[str, Any]) -> None:
    """Raises what `load_file` finds in the stack file that these values came from.

    A file with keys that the engine did not hand over is another file (`pulumi up --config-file` names one), and then only the
    values are checked. The same holds where the file is elsewhere (`stackConfigDir`).
    """
    if not path.is_file():
        return
    try:
        load_file(path, stack)
    except SettingsError:
        if _keys_in(path) <= set(values):
            raise


def _keys_in(path: Path) -> set[str]:
    """The configuration keys of a stack file as the engine spells them: a key without a namespace is the project's."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError):
        return set()
    config = content.get("config") if isinstance(content, Mapping) else None
    return {str(key) if ":" in str(key) else f"{PROJECT}:{key}" for key in (config if isinstance(config, Mapping) else ())}


def _decoded(value: Any) -> Any:
    """The engine hands objects over as JSON text, and everything else as it was written."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return yaml.load(value, Loader=SAFE_LOADER)
    return value
