import json
from pathlib import Path

import pytest

from services.catalogue.domain.documents import Document
from services.catalogue.errors import UnreadableFileError
from services.catalogue.files import read_files
from tests.support.ptv_entries import channel, organization, service

LIMIT = 1_000_000


def written(folder: Path, content: object, name: str = "file.json") -> Path:
    path = folder / name
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(body)
    return path


def counts(document: Document) -> tuple[int, int, int]:
    return len(document.organizations), len(document.services), len(document.channels)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"organizations": [organization()], "services": [], "serviceChannels": []}, (1, 0, 0)),
        ({"services": None, "serviceChannels": [channel()]}, (0, 0, 1)),
        ({"pageNumber": 1, "pageCount": 2, "itemList": [service(), service("b")]}, (0, 2, 0)),
        ({"pageNumber": 1, "itemList": [channel()]}, (0, 0, 1)),
        ({"pageNumber": 3, "itemList": []}, (0, 0, 0)),
        ([organization(), organization("b")], (2, 0, 0)),
        (service(), (0, 1, 0)),
        (channel(), (0, 0, 1)),
        (organization(services=[]), (1, 0, 0)),
        ({"services": {"pageNumber": 1, "itemList": [service()]}}, (0, 1, 0)),
    ],
)
def test_every_shape_that_ptv_gives_out_is_read(
    tmp_path: Path, content: object, expected: tuple[int, int, int]
) -> None:
    assert counts(read_files([written(tmp_path, content)], LIMIT)) == expected


def test_pages_in_several_files_are_read_together(tmp_path: Path) -> None:
    one = written(tmp_path, {"itemList": [service()]}, "1.json")
    two = written(tmp_path, {"itemList": [channel(), channel("d")]}, "2.json")
    seen: list[str] = []

    document = read_files([one, two], LIMIT, lambda path, _size: seen.append(path.name))

    assert counts(document) == (0, 1, 2)
    assert seen == ["1.json", "2.json"]


WHOLE = json.dumps({"services": [service(serviceNames=[{"language": "fi", "value": "ä"}])]})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (WHOLE.encode()[:-5], "cut off"),
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (WHOLE.encode("utf-16"), "UTF-16"),
        (json.dumps({"x": "ä"}, ensure_ascii=False).encode("latin-1"), "not UTF-8"),
        (b'{"guidPage": 1}', "holds no organizations"),
        (b"17", "holds no organizations"),
        (b'{"itemList": 3}', "no list"),
        (b'{"services": 3}', "no list"),
        (b'{"itemList": [{"id": "x", "name": "y"}]}', "ids and names only"),
        (b'[["nested"]]', "ids and names only"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_named_with_its_reason(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = written(tmp_path, content)

    with pytest.raises(UnreadableFileError, match=sentence) as caught:
        read_files([path], LIMIT)

    assert "file.json" in str(caught.value)


def test_a_byte_order_mark_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + WHOLE.encode())

    assert counts(read_files([path], LIMIT)) == (0, 1, 0)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"")
    with path.open("wb") as file:
        file.truncate(50 * 1024**3)

    with pytest.raises(UnreadableFileError, match="page by page"):
        read_files([path], LIMIT)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UnreadableFileError, match="can't be read"):
            read_files([path], LIMIT)
