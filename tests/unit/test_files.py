"""Bytes from folders: which files count, in which encodings, and what is refused whole."""

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import a_record, ndjson, peak_of, read, rows_of, rules_of, table_bytes

from connectors import files
from connectors.errors import SourceProblem, printable
from connectors.files import UNREADABLE, csv_rows, json_records, list_files, ndjson_records, standing_still
from connectors.source import SourceFile

HEADER = ["conversation_id", "nickname", "started_at", "tags", "updated_at"]
CELLS = ["C-1", "Zoë", "2020-01-01T00:00:00Z", "mensenhandel", "2020-01-02T00:00:00Z"]


def put(folder: Path, name: str, content: bytes = b"") -> SourceFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SourceFile(path, name)


def names(folder: Path) -> list[str]:
    return [file.name for file in list_files("bron", folder)]


def test_a_folder_is_read_recursively_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.csv", "a/deep/er/x.csv", "B.csv"):
        put(tmp_path, name)
    assert names(tmp_path) == ["B.csv", "a/deep/er/x.csv", "a/z.csv", "b.csv"]


def test_files_still_being_written_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.part", "A.CSV.TMP", "~$a.xlsx", ".a.csv", ".hidden/a.csv"):
        put(tmp_path, name)
    assert names(tmp_path) == ["a.csv"]


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    assert list_files("bron", put(tmp_path, "a.csv").path) == [SourceFile(tmp_path / "a.csv", "a.csv")]


def test_a_missing_folder_says_which_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match=r"found nothing there, expected a folder.*`path` of \[sources\.bron\]"):
        list_files("bron", tmp_path / "weg")


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.csv.part")
    with pytest.raises(SourceProblem, match="found an empty folder, expected at least one file"):
        list_files("bron", tmp_path)


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a\nb.csv", b"=cmd().csv", "ｅ́.csv".encode()])
def test_hostile_names_are_data_on_one_line(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"")
    [file] = list_files("bron", tmp_path)
    file.name.encode()  # every later step can hold it
    with pytest.raises(SourceProblem) as refused:
        list(csv_rows("bron", file))
    assert len(str(refused.value).splitlines()) == 1


@given(st.text(max_size=200))
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() and len(shown) <= 120
    assert str(SourceProblem(text, found=text, expected=text, do=text)).isprintable()


def test_standing_still_gives_the_sha_256_of_the_bytes(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    with standing_still("bron", tmp_path, file) as digest:
        assert digest == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize(
    "change", [lambda path: path.write_bytes(b"longer than before"), lambda path: os.utime(path, (1, 1))]
)
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: object) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    with (
        pytest.raises(SourceProblem, match="found that it changed while it was read"),
        standing_still("bron", tmp_path, file),
    ):
        change(file.path)  # type: ignore[operator]


def test_a_file_that_vanishes_is_one_line(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    with pytest.raises(SourceProblem, match="found No such file or directory"), standing_still("bron", tmp_path, file):
        file.path.unlink()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside.csv", b"abc")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").symlink_to(outside.path)
    [file] = list_files("bron", tmp_path / "inbox")
    with (
        pytest.raises(SourceProblem, match="leads out of the folder"),
        standing_still("bron", tmp_path / "inbox", file),
    ):
        pass


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    [file] = list_files("bron", tmp_path)
    with pytest.raises(SourceProblem, match="special file"), standing_still("bron", tmp_path, file):
        pass


@pytest.mark.parametrize(
    "content",
    [
        table_bytes(HEADER, CELLS),
        table_bytes(HEADER, CELLS, delimiter=","),
        b"\xef\xbb\xbf" + table_bytes(HEADER, CELLS),
        table_bytes(HEADER, CELLS).decode().encode("cp1252"),
        table_bytes(HEADER, CELLS).replace(b"\n", b"\r\n"),
        table_bytes(HEADER, CELLS).replace(b"\n", b"\r"),
        table_bytes(HEADER, CELLS).strip(),
        b"\n".join(b";".join(b'"%s"' % cell.encode() for cell in row) for row in (HEADER, CELLS)),
    ],
    ids=["semicolon", "comma", "bom", "cp1252", "crlf", "cr", "no last newline", "quoted"],
)
def test_every_csv_dialect_reads_the_same(tmp_path: Path, content: bytes) -> None:
    rows = list(csv_rows("bron", put(tmp_path, "a.csv", content)))
    assert rows == [("row 1", HEADER), ("row 2", CELLS)]


def test_every_file_format_of_a_platform_reads_the_same(tmp_path: Path) -> None:
    records = [a_record(1), a_record(2)]
    lines, array = ndjson(*records), json.dumps(records, indent=1).encode()
    contents = {
        "a.jsonl": lines,
        "a.ndjson": b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n\r\n"),
        "A.JSONL.GZ": gzip.compress(lines),
        "b.ndjson.gz": gzip.compress(lines[:100]) + gzip.compress(lines[100:]),
        "a.json": array,
        "b.json": b"\xef\xbb\xbf \n" + array,
        "a.json.gz": gzip.compress(array),
    }
    for name, content in contents.items():
        rows = rows_of(read(tmp_path, "chat", name, content), "conversations")
        assert [row["conversation_id"] for row in rows] == ["C-1", "C-2"], name


def test_semicolons_and_newlines_inside_quotes_are_text(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b'a;b\n"x;y\nz";2\n3;4\n')
    assert list(csv_rows("bron", file)) == [("row 1", ["a", "b"]), ("row 2", ["x;y\nz", "2"]), ("row 3", ["3", "4"])]


def test_blank_rows_keep_the_numbering(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b"a;b\n\n;\n1;2\n")
    assert list(csv_rows("bron", file)) == [("row 1", ["a", "b"]), ("row 4", ["1", "2"])]


@pytest.mark.parametrize("row", [b"1", b"1;2;3", b'"1"x;2'])
def test_a_broken_row_is_lost_alone(tmp_path: Path, row: bytes) -> None:
    file = put(tmp_path, "a.csv", b"a;b\n" + row + b"\n3;4\n")
    assert list(csv_rows("bron", file))[1:] == [("row 2", UNREADABLE), ("row 3", ["3", "4"])]


@pytest.mark.parametrize("content", [b'a;b\n1;"2\n3;4\n', b'a;b\n1;"2\n', b'a;b\n"1;2\n"3;4\n'])
def test_an_open_quote_refuses_the_file_whole(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceProblem, match=r"a\.csv, row 2: found a quoted cell that does not end"):
        list(csv_rows("bron", put(tmp_path, "a.csv", content)))


@pytest.mark.parametrize("content", [b"", b"\n", b";;\n1;2;3\n", b"a;a\n1;2\n", b"a;b;;\n"])
def test_a_header_that_is_empty_or_names_a_column_twice_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceProblem, match="found a header that is empty or names a column twice"):
        list(csv_rows("bron", put(tmp_path, "a.csv", content)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_never_read_as_cp1252(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(SourceProblem):
        read(tmp_path, "chat", "a.csv", table_bytes(HEADER, CELLS).decode().encode(encoding))


def test_bytes_of_no_known_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match="neither whole UTF-8 nor cp1252"):
        list(csv_rows("bron", put(tmp_path, "a.csv", b"a;b\n\x81;\xff\n")))


def test_utf_8_that_ends_inside_a_letter_is_cut_off_and_not_read_as_cp1252(tmp_path: Path) -> None:
    content = table_bytes(HEADER, CELLS, [*CELLS[:1], "Zoë"])
    with pytest.raises(SourceProblem, match="neither whole UTF-8 nor cp1252"):
        list(csv_rows("bron", put(tmp_path, "a.csv", content[: content.rindex("ë".encode()) + 1])))


def test_cp1252_may_end_in_a_letter_with_an_accent(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", "a;b\n1;café".encode("cp1252"))
    assert list(csv_rows("bron", file))[1] == ("row 2", ["1", "café"])


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RECORD_BYTES", 1000)
    with pytest.raises(SourceProblem, match="found a line of over"):
        list(csv_rows("bron", put(tmp_path, "a.csv", b"a;b\n" + b"1;" * 1000)))


def test_a_line_that_is_no_json_is_lost_alone(tmp_path: Path) -> None:
    content = ndjson(a_record(1)) + b"{cut\n\xff\xfe\n[]\n" + ndjson(a_record(2))
    items = read(tmp_path, "chat", "a.jsonl", content)
    assert [row["location"] for row in rows_of(items, "conversations")] == ["line 1", "line 5"]
    assert [(location, rule) for location, _, rule in rules_of(items)] == [
        ("line 2", "unreadable_record"),
        ("line 3", "unreadable_record"),
        ("line 4", "unreadable_record"),
    ]


def test_a_line_longer_than_a_record_may_be_is_lost_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RECORD_BYTES", 100)
    file = put(tmp_path, "a.jsonl", b'{"a":"' + b"x" * 950 + b'"}\n{"b":1}\n')
    assert list(ndjson_records("bron", file)) == [("line 1", UNREADABLE), ("line 2", {"b": 1})]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"items":[]}',
        b"[",
        b"[{}",
        b"[{},",
        b"[{}]x",
        b"[{}][{}]",
        b'[{"a":"\xff"}]',
        b"[NaN]",
        b"<html>",
        b"nul",
    ],
)
def test_what_is_not_one_whole_json_array_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceProblem, match="found text that is not one whole JSON array"):
        list(json_records("bron", put(tmp_path, "a.json", content)))


@pytest.mark.parametrize("number", [b"1e999", b"9" * 30, b"-0.1", b"9" * 400])
def test_a_number_that_no_float_holds_does_not_cost_the_file(tmp_path: Path, number: bytes) -> None:
    record = json.dumps(a_record()).encode().replace(b'"language"', b'"size": ' + number + b', "language"')
    assert len(rows_of(read(tmp_path, "chat", "a.json", b"[" + record + b"]"), "conversations")) == 1


def test_json_items_are_found_wherever_the_chunks_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [1234, -1.5e3, True, None, "]", ',"[', {"a": [1, {"b": "é"}]}, [], ""]
    file = put(tmp_path, "a.json", b" " + json.dumps(items, indent=2, ensure_ascii=False).encode() + b"\n ")
    for size in range(5, 60):
        monkeypatch.setattr(files, "CHUNK_BYTES", size)
        assert [item for _, item in json_records("bron", file)] == items


def test_a_json_item_larger_than_a_record_may_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RECORD_BYTES", 1000)
    monkeypatch.setattr(files, "CHUNK_BYTES", 100)
    with pytest.raises(SourceProblem, match="not one whole JSON array"):
        list(json_records("bron", put(tmp_path, "a.json", b'["' + b"x" * 5000 + b'"]')))


def test_json_nested_without_end_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match="not one whole JSON array"):
        list(json_records("bron", put(tmp_path, "a.json", b"[" * 200_000 + b"]" * 200_000)))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.csv.gz"])
def test_truncated_gzip_is_refused_whole(tmp_path: Path, name: str, kept: float) -> None:
    content = {
        "a.jsonl.gz": ndjson(*map(a_record, range(200))),
        "a.json.gz": json.dumps([a_record(number) for number in range(200)]).encode(),
        "a.csv.gz": table_bytes(HEADER, *[CELLS] * 200),
    }[name]
    packed = gzip.compress(content)
    with pytest.raises(SourceProblem):
        read(tmp_path, "chat", name, packed[: int(len(packed) * kept)] or b"\x1f")


def test_a_flipped_byte_in_gzip_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(ndjson(*map(a_record, range(200)))))
    for offset in range(12, len(packed) - 4, 37):
        damaged = packed[:]
        damaged[offset] ^= 0x55
        with pytest.raises(SourceProblem, match=r"cut off or damaged|without the field tags|bytes that are no text"):
            read(tmp_path, "chat", "a.jsonl.gz", bytes(damaged))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    line = ndjson(a_record(transcript="x" * 2000)) if name != "a.csv" else table_bytes(["x" * 2000, *CELLS])
    start, end = {
        "a.jsonl": (b"", b""),
        "a.json": (b"[", b"null]"),
        "a.csv": (table_bytes(["transcript", *HEADER]), b""),
    }[name]
    line = line.strip() + b"," if name == "a.json" else line
    peaks = []
    for megabytes in (5, 50):
        path = tmp_path / str(megabytes) / "inbox" / name
        path.parent.mkdir(parents=True)
        count = (megabytes << 20) // len(line)
        with path.open("wb") as stream:
            stream.write(start)
            stream.writelines(line for _ in range(count))
            stream.write(end)
        rows, peak = peak_of("chat", tmp_path / str(megabytes))
        assert rows == count
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 40
