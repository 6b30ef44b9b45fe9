"""A cluster on one machine: three brokers and several processes of each program."""
