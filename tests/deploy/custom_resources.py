"""Shapes of resources that are not Kubernetes' own, after their documentation.

Stricter than the real ones: only what the chart writes is known here.
KEDA 2.x: `ScaledObject`, `TriggerAuthentication`, triggers `kafka` and `prometheus`.
Prometheus Operator: `ServiceMonitor`, `PrometheusRule`. Gateway API v1: `HTTPRoute`.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
LABELS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
NUMBER_AS_TEXT: Schema = {"type": "string", "pattern": r"^[0-9]+$"}
DURATION: Schema = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h|d))+$"}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most or 1000}


def _resource(api_version: str, kind: str, spec: Schema) -> Schema:
    metadata = _object(
        {"name": TEXT, "namespace": TEXT, "labels": LABELS}, {"annotations": LABELS}
    )
    return _object(
        {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": metadata,
            "spec": spec,
        }
    )


_TRIGGER_KAFKA = _object(
    {
        "type": {"const": "kafka"},
        "metricType": {"const": "AverageValue"},
        "metadata": _object(
            {
                "bootstrapServers": TEXT,
                "consumerGroup": TEXT,
                "topic": TEXT,
                "lagThreshold": NUMBER_AS_TEXT,
            },
            {
                "offsetResetPolicy": {"enum": ["earliest", "latest"]},
                "sasl": {"enum": ["plaintext", "scram_sha256", "scram_sha512"]},
                "tls": {"enum": ["enable", "disable"]},
            },
        ),
    },
    {"authenticationRef": _object({"name": TEXT}, {"kind": TEXT})},
)

_TRIGGER_PROMETHEUS = _object(
    {
        "type": {"const": "prometheus"},
        "metricType": {"const": "AverageValue"},
        "metadata": _object(
            {"serverAddress": TEXT, "query": TEXT, "threshold": NUMBER_AS_TEXT},
            {"ignoreNullValues": {"enum": ["true", "false"]}, "authModes": TEXT},
        ),
    },
    {"authenticationRef": _object({"name": TEXT}, {"kind": TEXT})},
)

_SCALED_OBJECT = _object(
    {
        "scaleTargetRef": _object({"apiVersion": TEXT, "kind": TEXT, "name": TEXT}),
        "minReplicaCount": {"type": "integer", "minimum": 0},
        "maxReplicaCount": {"type": "integer", "minimum": 1},
        "pollingInterval": {"type": "integer", "minimum": 1},
        "triggers": _list({"anyOf": [_TRIGGER_KAFKA, _TRIGGER_PROMETHEUS]}),
    },
    {
        "fallback": _object(
            {
                "failureThreshold": {"type": "integer", "minimum": 1},
                "replicas": {"type": "integer", "minimum": 0},
            }
        ),
        "advanced": _object(
            {"horizontalPodAutoscalerConfig": _object({"behavior": {"type": "object"}})}
        ),
    },
)

_FROM_SECRET = _object({"parameter": TEXT, "name": TEXT, "key": TEXT})

_SERVICE_MONITOR = _object(
    {
        "selector": _object({"matchLabels": LABELS}),
        "endpoints": _list(
            _object(
                {"port": TEXT},
                {
                    "path": {"type": "string", "pattern": "^/"},
                    "interval": DURATION,
                    "relabelings": _list(
                        _object(
                            {"targetLabel": TEXT},
                            {"action": {"const": "replace"}, "replacement": TEXT},
                        )
                    ),
                },
            )
        ),
    }
)

_RULE = {
    "anyOf": [
        _object({"record": TEXT, "expr": TEXT}, {"labels": LABELS}),
        _object(
            {"alert": TEXT, "expr": TEXT},
            {
                "for": DURATION,
                "keep_firing_for": DURATION,
                "labels": LABELS,
                "annotations": LABELS,
            },
        ),
    ]
}

_ROUTE = _object(
    {
        "parentRefs": _list(
            _object({"name": TEXT}, {"namespace": TEXT, "sectionName": TEXT}), most=32
        ),
        "hostnames": _list(TEXT, most=16),
        "rules": _list(
            _object(
                {
                    "matches": _list(
                        _object(
                            {
                                "path": _object(
                                    {
                                        "type": {
                                            "enum": ["Exact", "PathPrefix", "RegularExpression"]
                                        },
                                        "value": {"type": "string", "pattern": "^/"},
                                    }
                                )
                            }
                        ),
                        most=8,
                    ),
                    "backendRefs": _list(
                        _object({"name": TEXT, "port": {"type": "integer"}}), most=16
                    ),
                }
            ),
            most=16,
        ),
    }
)

SCHEMAS: dict[str, Schema] = {
    "ScaledObject": _resource("keda.sh/v1alpha1", "ScaledObject", _SCALED_OBJECT),
    "TriggerAuthentication": _resource(
        "keda.sh/v1alpha1",
        "TriggerAuthentication",
        _object(
            {},
            {"secretTargetRef": _list(_FROM_SECRET), "configMapTargetRef": _list(_FROM_SECRET)},
        ),
    ),
    "ServiceMonitor": _resource("monitoring.coreos.com/v1", "ServiceMonitor", _SERVICE_MONITOR),
    "PrometheusRule": _resource(
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        _object(
            {
                "groups": _list(
                    _object(
                        {"name": TEXT, "rules": _list(_RULE)},
                        {"interval": DURATION, "limit": {"type": "integer"}},
                    )
                )
            }
        ),
    ),
    "HTTPRoute": _resource("gateway.networking.k8s.io/v1", "HTTPRoute", _ROUTE),
}
"""Kind → JSON schema."""
