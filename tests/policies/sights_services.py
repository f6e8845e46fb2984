"""Databases, streams, search, caches, functions and balancers, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Final

from tests.policies.case import set_, without
from tests.policies.parts import id_of
from tests.policies.sight import FAILS, PASSES, Sight

DEV: Final = (set_("tags.Environment", "dev"),)
_TLS: Final = "balancers-listener-speaks-tls"
_TO_HTTPS: Final = {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}

SERVICE_SIGHTS: Final = (
    # --- balancers
    Sight(_TLS, "listener", PASSES, set_("protocol", "TLS")),
    Sight(_TLS, "listener", PASSES, set_("protocol", "UDP")),
    Sight(_TLS, "listener", FAILS, set_("protocol", "TCP")),
    Sight(_TLS, "listener", FAILS, set_("protocol", "TCP"), set_("defaultActions", [_TO_HTTPS])),
    Sight(_TLS, "listener", PASSES, set_("protocol", "HTTP"), set_("defaultActions", [_TO_HTTPS])),
    Sight(_TLS, "listener", PASSES, without("protocol"), set_("defaultActions", [_TO_HTTPS])),
    Sight(_TLS, "listener", FAILS, without("protocol")),
    Sight(_TLS, "listener", FAILS, set_("protocol", "HTTP"), without("defaultActions")),
    Sight(_TLS, "listener", FAILS, set_("protocol", "HTTP"), set_("defaultActions", [{**_TO_HTTPS, "type": "forward"}])),
    Sight(
        _TLS,
        "listener",
        FAILS,
        set_("protocol", "HTTP"),
        set_("defaultActions", [{"type": "redirect", "redirect": {"protocol": "HTTP"}}]),
    ),
    Sight(_TLS, "listener", FAILS, set_("protocol", "HTTP"), set_("defaultActions", [_TO_HTTPS, {"type": "forward"}])),
    *(
        Sight(
            "balancers-invalid-headers-are-dropped",
            "balancer",
            PASSES,
            without("dropInvalidHeaderFields"),
            set_("loadBalancerType", kind),
        )
        for kind in ("network", "gateway")
    ),
    Sight("balancers-balancer-kept-in-production", "balancer", PASSES, *DEV, set_("enableDeletionProtection", False)),
    # --- databases
    Sight(
        "rds-storage-is-encrypted",
        "aurora",
        PASSES,
        set_("replicationSourceIdentifier", "arn"),
        without("storageEncrypted"),
        without("kmsKeyId"),
    ),
    Sight(
        "rds-storage-is-encrypted", "aurora", FAILS, set_("replicationSourceIdentifier", "arn"), set_("storageEncrypted", False)
    ),
    Sight("rds-storage-is-encrypted", "aurora", FAILS, without("storageEncrypted")),
    Sight(
        "rds-storage-is-encrypted",
        "database",
        FAILS,
        set_("replicateSourceDb", id_of("x")),
        set_("storageEncrypted", True),
        without("kmsKeyId"),
    ),
    Sight("rds-password-is-managed", "aurora", FAILS, set_("masterPassword", "open sesame")),
    Sight("rds-backups-are-kept", "database", PASSES, set_("backupRetentionPeriod", 7)),
    Sight("rds-backups-are-kept", "database", FAILS, set_("backupRetentionPeriod", 6)),
    Sight("rds-kept-in-production", "database", PASSES, *DEV, set_("deletionProtection", False)),
    Sight("rds-two-zones-in-production", "database", PASSES, *DEV, set_("multiAz", False)),
    Sight("dynamodb-table-kept-in-production", "table", PASSES, *DEV, set_("deletionProtectionEnabled", False)),
    # --- streams, search, caches
    Sight("streams-broker-asks-who", "kafka", PASSES, set_("clientAuthentication", {"sasl": {"scram": True}})),
    Sight(
        "streams-broker-asks-who", "kafka", PASSES, set_("clientAuthentication", {"tls": {"certificateAuthorityArns": ["arn"]}})
    ),
    Sight("streams-broker-traffic-is-encrypted", "kafka", PASSES, set_("encryptionInfo", {"encryptionAtRestKmsKeyArn": "arn"})),
    Sight(
        "streams-delivery-is-encrypted",
        "delivery",
        PASSES,
        without("serverSideEncryption"),
        set_("kinesisSourceConfiguration", {"roleArn": "r"}),
    ),
    Sight("search-domain-speaks-tls", "vectors", FAILS, set_("domainEndpointOptions.enforceHttps", False)),
    Sight("search-domain-speaks-tls", "vectors", PASSES, set_("domainEndpointOptions.tlsSecurityPolicy", "Policy-TLS-1-3-2025")),
    Sight(
        "search-collection-not-public",
        "collection",
        PASSES,
        set_("type", "encryption"),
        set_("policy", '[{"AllowFromPublic": true}]'),
    ),
    Sight("search-collection-not-public", "collection", FAILS, set_("policy", "{")),
    Sight("caches-cache-asks-who", "cache", PASSES, set_("userGroupIds", []), set_("authToken", "token")),
    # --- functions
    Sight("functions-function-not-public", "function-permission", PASSES, set_("principal", "*"), set_("principalOrgId", "o-1")),
    Sight(
        "functions-permission-names-its-source",
        "function-permission",
        PASSES,
        without("sourceArn"),
        set_("sourceAccount", "123456789012"),
    ),
    Sight("functions-environment-is-encrypted", "function", PASSES, without("environment"), without("kmsKeyArn")),
)
