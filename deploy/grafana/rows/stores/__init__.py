"""The rows about Kafka and ClickHouse."""
