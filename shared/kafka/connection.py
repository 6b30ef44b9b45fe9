"""How settings become the arguments of Kafka clients."""

import ssl
from typing import Any

from shared.settings import KafkaSettings


def client_arguments(kafka: KafkaSettings) -> dict[str, Any]:
    """Return what aiokafka's producers, consumers and admin clients take to connect."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers.split(","),
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(
            cafile=str(kafka.ca_file) if kafka.ca_file else None
        )
    if kafka.security_protocol.startswith("SASL"):
        password = kafka.sasl_password.get_secret_value() if kafka.sasl_password else None
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": password,
        }
    return arguments
