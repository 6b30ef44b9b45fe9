"""The rules of the catalogue: pure functions on values, without HTTP, Kafka or SQL."""
