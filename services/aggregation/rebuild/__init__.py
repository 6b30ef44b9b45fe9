"""Making tables anew: roll-ups from the long tables, everything from Kafka's log."""
