"""The kinds that the recorder keeps because moto has not got them. Keep this list short: moto first, this second."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from localcloud.kernel.recorder import ACCOUNT, Call, Extra, Recorded, Refusal
from localcloud.services.codebuild import beside_moto as recorded_codebuild
from localcloud.services.costexplorer import beside_moto as recorded_anomalies
from localcloud.services.eks import beside_moto as recorded_eks_moto
from localcloud.services.eks import recorded as recorded_eks
from localcloud.services.sagemaker import beside_moto as recorded_models
from localcloud.services.servicequotas import beside_moto as recorded_quotas


def _placement_group(call: Call) -> Mapping[str, Any]:
    name, strategy = call.params["GroupName"], call.params.get("Strategy", "cluster")
    return {
        "GroupId": call.new_id("pg-"),
        "GroupArn": f"arn:aws:ec2:{call.region}:{ACCOUNT}:placement-group/{name}",
        "State": "available",
        "Strategy": strategy,
        **({"PartitionCount": call.params.get("PartitionCount", 2)} if strategy == "partition" else {}),
        **({"SpreadLevel": call.params.get("SpreadLevel", "rack")} if strategy == "spread" else {}),
    }


def _capacity_reservation(call: Call) -> Mapping[str, Any]:
    """All of it free, from now on: no instance runs here."""
    identifier, many = call.new_id("cr-"), int(call.params["InstanceCount"])
    return {
        "CapacityReservationId": identifier,
        "CapacityReservationArn": f"arn:aws:ec2:{call.region}:{ACCOUNT}:capacity-reservation/{identifier}",
        "TotalInstanceCount": many,
        "AvailableInstanceCount": many,
        "State": "active",
        "ReservationType": "default",
    }


def _modify_group_rules(call: Call) -> Mapping[str, Any]:
    """moto's own changes only CIDRs of IPv4, and refuses a rule of all protocols."""
    from moto.ec2.models import ec2_backends

    group = ec2_backends[ACCOUNT][call.region].get_security_group_from_id(call.params["GroupId"])
    if group is None:
        raise Refusal("InvalidGroup.NotFound", f"The security group '{call.params['GroupId']}' does not exist")
    for change in call.params["SecurityGroupRules"]:
        rule, wanted = group.get_rule(change["SecurityGroupRuleId"]), change["SecurityGroupRule"]
        if rule is None:
            message = f"The security group rule ID '{change['SecurityGroupRuleId']}' does not exist"
            raise Refusal("InvalidSecurityGroupRuleId.NotFound", message)
        rule.ip_protocol = wanted["IpProtocol"]
        rule.from_port, rule.to_port = wanted.get("FromPort"), wanted.get("ToPort")
        sources = {"CidrIp": wanted.get("CidrIpv4"), "CidrIpv6": wanted.get("CidrIpv6"), "Description": wanted.get("Description")}
        rule.ip_range = {name: value for name, value in sources.items() if value is not None}
        rule.prefix_list_id = wanted.get("PrefixListId")
        referenced = wanted.get("ReferencedGroupId")
        rule.source_group = {"GroupId": referenced, "UserId": ACCOUNT, "OwnerId": ACCOUNT} if referenced else {}
    return {"Return": True}


def _modify_endpoint(call: Call) -> Mapping[str, Any]:
    """moto's own forgets the DNS settings, and leaves the routes of a gateway endpoint as they were."""
    from moto.ec2.models import ec2_backends

    backend: Any = ec2_backends[ACCOUNT][call.region]
    asked = call.params
    endpoint = backend.vpc_end_points.get(asked["VpcEndpointId"])
    if endpoint is None:
        raise Refusal("InvalidVpcEndpointId.NotFound", f"The VpcEndPoint ID '{asked['VpcEndpointId']}' does not exist")
    policy = json.dumps(endpoint.DEFAULT_POLICY) if asked.get("ResetPolicy") else asked.get("PolicyDocument")
    lists = (f"{verb}{kind}Ids" for kind in ("Subnet", "RouteTable", "SecurityGroup") for verb in ("Add", "Remove"))
    endpoint.modify(policy, *(asked.get(name) for name in lists))
    kept = {"PrivateDnsEnabled": "private_dns_enabled", "IpAddressType": "ip_address_type", "DnsOptions": "dns_options"}
    for name in kept.keys() & asked.keys():
        setattr(endpoint, kept[name], asked[name])
    prefix_list = endpoint.destination_prefix_list_id
    for table in asked.get("RemoveRouteTableIds", ()) if prefix_list else ():
        backend.delete_route(table, prefix_list)
    for table in asked.get("AddRouteTableIds", ()) if prefix_list else ():
        backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
    return {"Return": True}


ROWS: tuple[Recorded, ...] = (
    *recorded_anomalies.ROWS,
    *recorded_eks.ROWS,
    Recorded(
        service="ec2",
        noun="capacity-reservation",
        key=("CapacityReservationId",),
        operations={
            "CreateCapacityReservation": "create",
            "DescribeCapacityReservations": "list",
            "CancelCapacityReservation": "delete",
        },
        output="CapacityReservation",
        listed=("CapacityReservations", ""),
        made=_capacity_reservation,
        arn="CapacityReservationArn",
        missing=("InvalidCapacityReservationId.NotFound", "The capacity reservation '{0}' does not exist."),
        exists=("InvalidCapacityReservationId.Duplicate", "The capacity reservation '{0}' already exists."),
        filters={"CapacityReservationIds": "CapacityReservationId"},
        wrap=lambda call, item: (
            {"Return": True} if call.operation == "CancelCapacityReservation" else {"CapacityReservation": item}
        ),
    ),
    Recorded(
        service="ec2",
        noun="placement-group",
        key=("GroupName",),
        operations={"CreatePlacementGroup": "create", "DescribePlacementGroups": "list", "DeletePlacementGroup": "delete"},
        output="PlacementGroup",
        listed=("PlacementGroups", ""),
        made=_placement_group,
        arn="GroupArn",
        missing=("InvalidPlacementGroup.Unknown", "The placement group '{0}' is unknown."),
        exists=("InvalidPlacementGroup.Duplicate", "The placement group '{0}' already exists."),
        filters={"GroupNames": "GroupName", "GroupIds": "GroupId"},
        wrap=lambda call, item: {} if call.operation == "DeletePlacementGroup" else {"PlacementGroup": item},
    ),
)


def _client_id(call: Call) -> Mapping[str, Any]:
    from moto.iam.models import iam_backends

    provider = iam_backends[ACCOUNT]["aws"].get_open_id_connect_provider(call.params["OpenIDConnectProviderArn"])
    client = call.params["ClientID"]
    rest = [other for other in provider.client_id_list if other != client]
    provider.client_id_list = [*rest, client] if call.operation.startswith("Add") else rest
    return {}


def _log_group_key(call: Call) -> Mapping[str, Any]:
    from moto.logs.models import logs_backends

    name = call.params.get("logGroupName") or str(call.params.get("resourceIdentifier", "")).rpartition(":log-group:")[2]
    groups = logs_backends[ACCOUNT][call.region].groups
    if name not in groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    groups[name].kms_key_id = call.params.get("kmsKeyId")
    return {}


def _update_endpoint(call: Call) -> Mapping[str, Any]:
    """Where no real servers stand behind (see sagemaker/), an update is done at once."""
    from moto.sagemaker.models import sagemaker_backends

    endpoints = sagemaker_backends[ACCOUNT][call.region].endpoints
    name = call.params["EndpointName"]
    if name not in endpoints:
        raise Refusal("ValidationException", f'Could not find endpoint "{name}".')
    endpoints[name].endpoint_config_name = call.params["EndpointConfigName"]
    return {"EndpointArn": endpoints[name].arn}


def _budget(call: Call) -> Any:
    from moto.budgets.models import budgets_backends

    budgets = budgets_backends[ACCOUNT]["aws"].budgets[ACCOUNT]
    name = call.params.get("BudgetName") or (call.params.get("NewBudget") or {}).get("BudgetName")
    name = name or str(call.params.get("ResourceARN", "")).rpartition("budget/")[2]
    if name not in budgets:
        raise Refusal("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _update_budget(call: Call) -> Mapping[str, Any]:
    budget = _budget(call)
    period = call.params["NewBudget"].get("TimePeriod", {})
    budget.budget = {
        **budget.budget,
        **call.params["NewBudget"],
        "TimePeriod": {key: _seconds(value) for key, value in period.items()},
    }
    return {}


def _seconds(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _subscribers(call: Call) -> Mapping[str, Any]:
    wanted = call.params["Notification"]
    for notification in _budget(call).notifications:
        if all(notification.details.get(key) == value for key, value in wanted.items() if key != "NotificationState"):
            return {"Subscribers": notification.subscribers}
    raise Refusal("NotFoundException", "the notification doesn't exist")


def _scalable_target(call: Call) -> Any:
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    wanted = call.params["ResourceARN"]
    for dimensions in applicationautoscaling_backends[ACCOUNT][call.region].targets.values():
        for target in dimensions.values():
            if target.arn == wanted:
                return target
    raise Refusal("ResourceNotFoundException", f"The resource {wanted} does not exist.")


def _register_target(call: Call) -> Mapping[str, Any] | None:
    """moto's own forgets the role of a target that is there. The rest is its business."""
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    for dimensions in applicationautoscaling_backends[ACCOUNT][call.region].targets.values():
        for target in dimensions.values():
            address = (target.service_namespace, target.resource_id, target.scalable_dimension)
            if address == tuple(call.params.get(name) for name in names) and call.params.get("RoleARN"):
                target.role_arn = call.params["RoleARN"]
    return None


def _tags_on(find: Callable[[Call], Any], listed: str, added: str, removed: str) -> Extra:
    """Tagging of an object of moto's that knows no tags: they are kept on it, so they go with it."""

    def answer(call: Call) -> Mapping[str, Any]:
        target = find(call)
        tags = dict(getattr(target, "slipway_tags", {}))
        if call.operation == "ListTagsForResource":
            return {
                listed: [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
                if listed == "ResourceTags"
                else tags
            }
        given = call.params.get(added) or {}
        tags |= given if isinstance(given, Mapping) else {tag["Key"]: tag["Value"] for tag in given}
        target.slipway_tags = {key: value for key, value in tags.items() if key not in call.params.get(removed, ())}
        return {}

    return answer


def _update_secret(call: Call) -> Mapping[str, Any] | None:
    """moto's own cannot take a description away. A new value is its business."""
    from moto.secretsmanager.models import secretsmanager_backends

    secrets: Any = secretsmanager_backends[ACCOUNT][call.region].secrets
    wanted = call.params["SecretId"]
    if wanted in secrets and call.params.get("Description") == "":
        secrets[wanted].description = ""
    return None


_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")
_BUDGET_TAGS = _tags_on(_budget, "ResourceTags", "ResourceTags", "ResourceTagKeys")
_TARGET_TAGS = _tags_on(_scalable_target, "Tags", "Tags", "TagKeys")


# Single operations on moto's own resources that moto has not got, or not whole: (service, operation) -> answer.
EXTRAS: Mapping[tuple[str, str], Extra] = {
    **recorded_eks_moto.EXTRAS,
    **recorded_models.EXTRAS,
    **recorded_codebuild.EXTRAS,
    **recorded_quotas.EXTRAS,
    ("ec2", "ModifySecurityGroupRules"): _modify_group_rules,
    ("ec2", "ModifyVpcEndpoint"): _modify_endpoint,
    ("sagemaker", "UpdateEndpoint"): _update_endpoint,
    ("budgets", "UpdateBudget"): _update_budget,
    ("budgets", "DescribeSubscribersForNotification"): _subscribers,
    **{("budgets", operation): _BUDGET_TAGS for operation in _TAGGING},
    ("application-autoscaling", "RegisterScalableTarget"): _register_target,
    **{("application-autoscaling", operation): _TARGET_TAGS for operation in _TAGGING},
    ("secretsmanager", "UpdateSecret"): _update_secret,
    ("logs", "AssociateKmsKey"): _log_group_key,
    ("logs", "DisassociateKmsKey"): _log_group_key,
    ("iam", "AddClientIDToOpenIDConnectProvider"): _client_id,
    ("iam", "RemoveClientIDFromOpenIDConnectProvider"): _client_id,
}
