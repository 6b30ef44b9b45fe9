"""Backs up all stores of the embedded mode, which is one folder, and brings them back.

Works on the folder of a stack that is stopped: so all stores are of one moment, and
what is in Kafka and not stored yet is there, too.
"""
