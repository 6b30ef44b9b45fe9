"""The embedded mode's own parts: its broker, its secrets, its guests, its operators' page.

`services/__main__.py` puts them together with the programs.
"""
