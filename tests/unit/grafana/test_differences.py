"""What has changed is said in a line, and what a server adds of its own is no change."""

from typing import Any

from deploy.grafana.differences import differences

OURS: dict[str, Any] = {
    "uid": "arvio-one",
    "title": "One",
    "schemaVersion": 36,
    "links": [],
    "panels": [
        {"id": 1, "title": "Ratings", "targets": [{"expr": "up", "refId": "A"}]},
        {"id": 2, "title": "Lag", "targets": []},
    ],
}


def test_what_a_server_adds_is_no_difference() -> None:
    theirs = OURS | {
        "id": 7,
        "version": 3,
        "schemaVersion": 41,
        "preload": False,
        "links": None,
        "panels": [panel | {"pluginVersion": "12.0.0"} for panel in OURS["panels"]],
    }

    assert differences(OURS, theirs) == []


def test_each_difference_has_its_place() -> None:
    theirs = OURS | {
        "title": "Uno",
        "panels": [
            {"id": 1, "title": "Ratings", "targets": [{"expr": "down " * 30, "refId": "A"}]},
            {"id": 3, "title": "Mine", "targets": []},
        ],
    }

    title, expression, new, gone = differences(OURS, theirs)

    assert title == "title: Uno → One"
    assert expression.startswith("panel 1 “Ratings” targets 0 expr: down down")
    assert expression.endswith("… → up")
    assert new == "panel 2 “Lag”: new"
    assert gone == "panel 3 “Mine”: gone"
