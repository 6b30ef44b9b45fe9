"""All of aggregation's SQL, and the only import of ClickHouse's driver."""
