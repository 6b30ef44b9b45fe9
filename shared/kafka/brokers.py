"""FastStream's broker, made from our settings."""

from faststream.kafka import KafkaBroker
from faststream.security import (
    BaseSecurity,
    SASLPlaintext,
    SASLScram256,
    SASLScram512,
)

from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings

_SASL = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def kafka_broker(kafka: KafkaSettings) -> KafkaBroker:
    """Return a broker that subscriptions can be added to; it is not connected yet."""
    return KafkaBroker(
        kafka.bootstrap_servers.split(","),
        security=_security(kafka),
        allow_auto_create_topics=False,
        metadata_max_age_ms=30_000,
        logger=None,
        graceful_timeout=15.0,
    )


def _security(kafka: KafkaSettings) -> BaseSecurity | None:
    if kafka.security_protocol == "PLAINTEXT":
        return None
    arguments = client_arguments(kafka)
    context = arguments.get("ssl_context")
    is_ssl = kafka.security_protocol.endswith("SSL")
    if not kafka.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=is_ssl)
    return _SASL[kafka.sasl_mechanism](
        username=arguments["sasl_plain_username"] or "",
        password=arguments["sasl_plain_password"] or "",
        ssl_context=context,
        use_ssl=is_ssl,
    )
