"""What the embedded mode decides by itself, and what it leaves to whoever starts it."""

from pathlib import Path

import pytest

from deploy.claims import Claim, TakenError
from deploy.embedded.handover import FILE_NAME, Handover, remove_handover, write_handover
from deploy.embedded.settings import Settings
from deploy.kafka.node import Node


def test_a_named_cluster_is_used_instead_of_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().has_own_kafka

    monkeypatch.setenv("ARVIO_KAFKA__BOOTSTRAP_SERVERS", "kafka.example:9093")

    assert not Settings().has_own_kafka
    assert Settings().kafka.bootstrap_servers == "kafka.example:9093"


def test_programs_are_told_where_the_own_node_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVIO_EMBEDDED__KAFKA_PORT", "12345")

    assert Settings().with_own_kafka().kafka.bootstrap_servers == "127.0.0.1:12345"


def test_the_signing_secret_stays_the_same_and_is_nobody_elses(tmp_path: Path) -> None:
    first = Settings(var_dir=tmp_path).signing_secret()
    second = Settings(var_dir=tmp_path).signing_secret()

    assert first == second
    assert (tmp_path / "signing_secret").stat().st_mode & 0o077 == 0


def test_a_signing_secret_that_is_set_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARVIO_TOKENS__SIGNING_SECRET", "sixteen characters")

    secret = Settings(var_dir=tmp_path).signing_secret().signing_secret

    assert secret.get_secret_value() == "sixteen characters"
    assert not (tmp_path / "signing_secret").exists()


def test_people_read_text_and_machines_read_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().logs_for_people(is_terminal=True).format == "text"
    assert Settings().logs_for_people(is_terminal=False).format == "json"

    monkeypatch.setenv("ARVIO_LOGS__FORMAT", "json")

    assert Settings().logs_for_people(is_terminal=True).format == "json"


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    claim = Claim(tmp_path)

    with pytest.raises(TakenError, match="another process works on"):
        Claim(tmp_path)

    claim.release()
    Claim(tmp_path).release()


def test_the_handover_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    handover = Handover(
        base_url="http://127.0.0.1:8080",
        kafka_bootstrap_servers="127.0.0.1:19092",
        api_key="arvio_key",
        organisations=[],
        eservices=[],
    )

    write_handover(tmp_path, handover)

    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert Handover.model_validate_json((tmp_path / FILE_NAME).read_bytes()) == handover
    remove_handover(tmp_path)
    remove_handover(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_three_nodes_agree_on_who_votes(tmp_path: Path) -> None:
    nodes = [
        Node(folder=tmp_path / str(n), port=9000 + n, controller_port=9100 + n, node_id=n)
        for n in (1, 2, 3)
    ]
    whole = [
        Node(
            folder=node.folder,
            port=node.port,
            controller_port=node.controller_port,
            node_id=node.node_id,
            peers=[other for other in nodes if other is not node],
        )
        for node in nodes
    ]

    voters = {node.properties()["controller.quorum.voters"] for node in whole}

    assert voters == {"1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103"}
    assert whole[0].properties()["min.insync.replicas"] == "2"
    assert nodes[0].properties()["min.insync.replicas"] == "1"
