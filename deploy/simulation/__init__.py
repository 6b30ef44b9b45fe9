"""Simulated e-services: made-up transactions and ratings through the public HTTP API.

A process of its own that knows Arvio only as an e-service would: its address, an
API key and the documented calls. It also shows the completion page of one
e-service, on a port (and so an origin) of its own, with the tag on it.
"""
