"""What the cluster on one machine is made of: ports, plans, and processes that come back."""

import os
import signal
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.cluster.layout import PROGRAMS, layout
from deploy.cluster.ports import PortTakenError
from deploy.cluster.process import Plan, ProcessError, Supervised, run
from deploy.cluster.settings import ClusterSettings, Settings
from shared.settings import ClickhouseSettings
from tests.support.ports import free_port
from tests.support.waiting import eventually


def settings(var_dir: Path, first_port: int = 0, **given: object) -> Settings:
    cluster = ClusterSettings(first_port=first_port, aggregation_processes=3)
    return Settings.model_validate({"var_dir": var_dir, "cluster": cluster, **given})


def test_three_brokers_know_one_another_and_messages_are_on_three(tmp_path: Path) -> None:
    planned = layout(settings(tmp_path))

    assert [len(node.peers) for node in planned.nodes] == [2, 2, 2]
    assert {node.properties()["min.insync.replicas"] for node in planned.nodes} == {"2"}
    assert (planned.kafka.replication_factor, planned.kafka.min_insync_replicas) == (3, 2)
    assert planned.kafka.bootstrap_servers.count(",") == 2


def test_every_process_has_a_port_a_folder_and_a_name_of_its_own(tmp_path: Path) -> None:
    planned = layout(settings(tmp_path))
    aggregations = planned.of("aggregation")

    assert len({plan.port for plan in planned.programs}) == len(planned.programs) == 8
    assert len({plan.folder for plan in planned.programs}) == 8
    assert all(planned.of(program) for program in PROGRAMS)
    assert [plan.environment["ARVIO_KAFKA__GROUP_INSTANCE_ID"] for plan in aggregations] == [
        "aggregation-1",
        "aggregation-2",
        "aggregation-3",
    ]
    assert len({plan.environment["ARVIO_CLICKHOUSE__DSN"] for plan in aggregations}) == 1


def test_a_server_that_is_named_needs_no_stand_in(tmp_path: Path) -> None:
    dsn = "https://arvio@clickhouse.example:8443/arvio"

    planned = layout(settings(tmp_path, clickhouse=ClickhouseSettings(dsn=SecretStr(dsn))))

    assert planned.store is None
    assert planned.of("aggregation")[0].environment["ARVIO_CLICKHOUSE__DSN"] == dsn


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortTakenError, match=f"port {port} is taken.*FIRST_PORT"):
            layout(settings(tmp_path, first_port=port))


async def test_a_process_that_is_killed_comes_back(tmp_path: Path) -> None:
    port = free_port()
    plan = Plan(
        name="files",
        module="http.server",
        folder=tmp_path / "files",
        port=port,
        arguments=(str(port), "--bind", "127.0.0.1"),
        probe="/",
    )
    process = Supervised(plan)
    noted = plan.folder / "pid"

    await process.start()
    await process.until_ready()
    first = int(noted.read_text())
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: int(noted.read_text()) != first, saying="another process")
    await process.until_ready()
    last = int(noted.read_text())
    await process.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


async def test_a_command_that_fails_says_where_to_look(tmp_path: Path) -> None:
    plan = Plan(name="none", module="deploy.cluster.no_such_module", folder=tmp_path / "none")

    with pytest.raises(ProcessError, match=r"no_such_module.*failed; see .*none/log"):
        await run(plan)

    assert "No module named" in plan.log_file.read_text()
