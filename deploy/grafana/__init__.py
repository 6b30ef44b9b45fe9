"""Grafana dashboards as code: what operators look at, built to JSON and published.

`looks` says how our panels look, `rows` has one file for each row, `dashboards` puts rows
together, `sql` has what is asked of ClickHouse. It only ever reads; nothing of Arvio needs it.
"""
