"""What an operator does with aggregation's tables and dead letters, as commands."""
