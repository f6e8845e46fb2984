"""Databases, streams, search, caches, functions and balancers, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from tests.policies.parts import id_of
from tests.policies.sight import FAILS, PASSES, Sight

DEV: Final[dict[str, Any]] = {"tags.Environment": "dev"}
_TLS: Final = "balancers-listener-speaks-tls"
_TO_HTTPS: Final = {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}

SERVICE_SIGHTS: Final = (
    # --- balancers
    Sight(_TLS, "listener", PASSES, {"protocol": "TLS"}),
    Sight(_TLS, "listener", PASSES, {"protocol": "UDP"}),
    Sight(_TLS, "listener", FAILS, {"protocol": "TCP"}),
    Sight(_TLS, "listener", FAILS, {"protocol": "TCP", "defaultActions": [_TO_HTTPS]}),
    Sight(_TLS, "listener", PASSES, {"protocol": "HTTP", "defaultActions": [_TO_HTTPS]}),
    Sight(_TLS, "listener", PASSES, {"protocol": ..., "defaultActions": [_TO_HTTPS]}),
    Sight(_TLS, "listener", FAILS, {"protocol": ...}),
    Sight(_TLS, "listener", FAILS, {"protocol": "HTTP", "defaultActions": ...}),
    Sight(_TLS, "listener", FAILS, {"protocol": "HTTP", "defaultActions": [{**_TO_HTTPS, "type": "forward"}]}),
    Sight(
        _TLS, "listener", FAILS, {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTP"}}]}
    ),
    Sight(_TLS, "listener", FAILS, {"protocol": "HTTP", "defaultActions": [_TO_HTTPS, {"type": "forward"}]}),
    *(
        Sight(
            "balancers-invalid-headers-are-dropped",
            "balancer",
            PASSES,
            {"dropInvalidHeaderFields": ..., "loadBalancerType": kind},
        )
        for kind in ("network", "gateway")
    ),
    Sight("balancers-balancer-kept-in-production", "balancer", PASSES, {**DEV, "enableDeletionProtection": False}),
    # --- databases
    Sight(
        "rds-storage-is-encrypted",
        "aurora",
        PASSES,
        {"replicationSourceIdentifier": "arn", "storageEncrypted": ..., "kmsKeyId": ...},
    ),
    Sight("rds-storage-is-encrypted", "aurora", FAILS, {"replicationSourceIdentifier": "arn", "storageEncrypted": False}),
    Sight("rds-storage-is-encrypted", "aurora", FAILS, {"storageEncrypted": ...}),
    Sight(
        "rds-storage-is-encrypted",
        "database",
        FAILS,
        {"replicateSourceDb": id_of("x"), "storageEncrypted": True, "kmsKeyId": ...},
    ),
    Sight("rds-password-is-managed", "aurora", FAILS, {"masterPassword": "open sesame"}),
    Sight("rds-backups-are-kept", "database", PASSES, {"backupRetentionPeriod": 7}),
    Sight("rds-backups-are-kept", "database", FAILS, {"backupRetentionPeriod": 6}),
    Sight("rds-kept-in-production", "database", PASSES, {**DEV, "deletionProtection": False}),
    Sight("rds-two-zones-in-production", "database", PASSES, {**DEV, "multiAz": False}),
    Sight("dynamodb-table-kept-in-production", "table", PASSES, {**DEV, "deletionProtectionEnabled": False}),
    # --- streams, search, caches
    Sight("streams-broker-asks-who", "kafka", PASSES, {"clientAuthentication": {"sasl": {"scram": True}}}),
    Sight("streams-broker-asks-who", "kafka", PASSES, {"clientAuthentication": {"tls": {"certificateAuthorityArns": ["arn"]}}}),
    Sight("streams-broker-traffic-is-encrypted", "kafka", PASSES, {"encryptionInfo": {"encryptionAtRestKmsKeyArn": "arn"}}),
    Sight(
        "streams-delivery-is-encrypted",
        "delivery",
        PASSES,
        {"serverSideEncryption": ..., "kinesisSourceConfiguration": {"roleArn": "r"}},
    ),
    Sight("search-domain-speaks-tls", "vectors", FAILS, {"domainEndpointOptions.enforceHttps": False}),
    Sight("search-domain-speaks-tls", "vectors", PASSES, {"domainEndpointOptions.tlsSecurityPolicy": "Policy-TLS-1-3-2025"}),
    Sight("search-collection-not-public", "collection", PASSES, {"type": "encryption", "policy": '[{"AllowFromPublic": true}]'}),
    Sight("search-collection-not-public", "collection", FAILS, {"policy": "{"}),
    Sight("caches-cache-asks-who", "cache", PASSES, {"userGroupIds": [], "authToken": "token"}),
    # --- functions
    Sight("functions-function-not-public", "function-permission", PASSES, {"principal": "*", "principalOrgId": "o-1"}),
    Sight(
        "functions-permission-names-its-source",
        "function-permission",
        PASSES,
        {"sourceArn": ..., "sourceAccount": "123456789012"},
    ),
    Sight("functions-environment-is-encrypted", "function", PASSES, {"environment": ..., "kmsKeyArn": ...}),
)
