"""Copies of the store: taken at one moment at which every batch is in every table, and read back.

A copy says up to which offsets it has counted. So a store that was filled from it
reads on from Kafka there, and counts everything once (decision 0024).
"""
