"""Expected verdicts on databases, streams, search, caches, functions and balancers."""

from __future__ import annotations

from typing import Final

from tests.policies.case import set_, without
from tests.policies.expectation import FAILS, PASSES, Expect
from tests.policies.parts import id_of

DEV: Final = (set_("tags.Environment", "dev"),)
_TLS: Final = "balancers-listener-speaks-tls"
_TO_HTTPS: Final = {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}

SERVICE_EXPECTATIONS: Final = (
    # --- balancers
    Expect(_TLS, "listener", PASSES, set_("protocol", "TLS")),
    Expect(_TLS, "listener", PASSES, set_("protocol", "UDP")),
    Expect(_TLS, "listener", FAILS, set_("protocol", "TCP")),
    Expect(_TLS, "listener", FAILS, set_("protocol", "TCP"), set_("defaultActions", [_TO_HTTPS])),
    Expect(_TLS, "listener", PASSES, set_("protocol", "HTTP"), set_("defaultActions", [_TO_HTTPS])),
    Expect(_TLS, "listener", PASSES, without("protocol"), set_("defaultActions", [_TO_HTTPS])),
    Expect(_TLS, "listener", FAILS, without("protocol")),
    Expect(_TLS, "listener", FAILS, set_("protocol", "HTTP"), without("defaultActions")),
    Expect(_TLS, "listener", FAILS, set_("protocol", "HTTP"), set_("defaultActions", [{**_TO_HTTPS, "type": "forward"}])),
    Expect(
        _TLS,
        "listener",
        FAILS,
        set_("protocol", "HTTP"),
        set_("defaultActions", [{"type": "redirect", "redirect": {"protocol": "HTTP"}}]),
    ),
    Expect(_TLS, "listener", FAILS, set_("protocol", "HTTP"), set_("defaultActions", [_TO_HTTPS, {"type": "forward"}])),
    *(
        Expect(
            "balancers-invalid-headers-are-dropped",
            "balancer",
            PASSES,
            without("dropInvalidHeaderFields"),
            set_("loadBalancerType", kind),
        )
        for kind in ("network", "gateway")
    ),
    Expect("balancers-balancer-kept-in-production", "balancer", PASSES, *DEV, set_("enableDeletionProtection", False)),
    # --- databases
    Expect(
        "rds-storage-is-encrypted",
        "aurora",
        PASSES,
        set_("replicationSourceIdentifier", "arn"),
        without("storageEncrypted"),
        without("kmsKeyId"),
    ),
    Expect(
        "rds-storage-is-encrypted", "aurora", FAILS, set_("replicationSourceIdentifier", "arn"), set_("storageEncrypted", False)
    ),
    Expect("rds-storage-is-encrypted", "aurora", FAILS, without("storageEncrypted")),
    Expect(
        "rds-storage-is-encrypted",
        "database",
        FAILS,
        set_("replicateSourceDb", id_of("x")),
        set_("storageEncrypted", True),
        without("kmsKeyId"),
    ),
    Expect("rds-password-is-managed", "aurora", FAILS, set_("masterPassword", "open sesame")),
    Expect("rds-backups-are-kept", "database", PASSES, set_("backupRetentionPeriod", 7)),
    Expect("rds-backups-are-kept", "database", FAILS, set_("backupRetentionPeriod", 6)),
    Expect("rds-kept-in-production", "database", PASSES, *DEV, set_("deletionProtection", False)),
    Expect("rds-two-zones-in-production", "database", PASSES, *DEV, set_("multiAz", False)),
    Expect("dynamodb-table-kept-in-production", "table", PASSES, *DEV, set_("deletionProtectionEnabled", False)),
    # --- streams, search, caches
    Expect("streams-broker-asks-who", "kafka", PASSES, set_("clientAuthentication", {"sasl": {"scram": True}})),
    Expect(
        "streams-broker-asks-who", "kafka", PASSES, set_("clientAuthentication", {"tls": {"certificateAuthorityArns": ["arn"]}})
    ),
    Expect("streams-broker-traffic-is-encrypted", "kafka", PASSES, set_("encryptionInfo", {"encryptionAtRestKmsKeyArn": "arn"})),
    Expect(
        "streams-delivery-is-encrypted",
        "delivery",
        PASSES,
        without("serverSideEncryption"),
        set_("kinesisSourceConfiguration", {"roleArn": "r"}),
    ),
    Expect("search-domain-speaks-tls", "vectors", FAILS, set_("domainEndpointOptions.enforceHttps", False)),
    Expect("search-domain-speaks-tls", "vectors", PASSES, set_("domainEndpointOptions.tlsSecurityPolicy", "Policy-TLS-1-3-2025")),
    Expect(
        "search-collection-not-public",
        "collection",
        PASSES,
        set_("type", "encryption"),
        set_("policy", '[{"AllowFromPublic": true}]'),
    ),
    Expect("search-collection-not-public", "collection", FAILS, set_("policy", "{")),
    Expect("caches-cache-asks-who", "cache", PASSES, set_("userGroupIds", []), set_("authToken", "token")),
    # --- functions
    Expect("functions-function-not-public", "function-permission", PASSES, set_("principal", "*"), set_("principalOrgId", "o-1")),
    Expect(
        "functions-permission-names-its-source",
        "function-permission",
        PASSES,
        without("sourceArn"),
        set_("sourceAccount", "123456789012"),
    ),
    Expect("functions-environment-is-encrypted", "function", PASSES, without("environment"), without("kmsKeyArn")),
)
