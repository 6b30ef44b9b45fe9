"""Measures Arvio on this machine: `make bench`, or `python -m tests.bench --only capture`."""
