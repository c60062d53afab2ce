"""The records inside a file: in which encodings and packings, and what is refused whole."""

import gzip
import json
from pathlib import Path

import pytest
from samples import a_record, ndjson, peak_of, problem_of, put, read, rows_of, rules_of, table_bytes

from connectors.formats import csv_table, text
from connectors.formats.csv_table import csv_rows
from connectors.formats.text import UNREADABLE, json_records

HEADER = ["conversation_id", "nickname", "started_at", "tags", "updated_at"]
NO_ARRAY, DAMAGED = "text that is not one whole JSON array", "gzip data that is cut off or damaged"
CELLS = ["C-1", "Zoë", "2020-01-01T00:00:00Z", "mensenhandel", "2020-01-02T00:00:00Z"]


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


OPEN_QUOTE = "a quoted cell that does not end, or the end of the file inside one"
CUT_ROW = "a last row that is cut off"
BAD_HEADER = "a header that is empty or names a column twice"
NO_ENCODING = "bytes that are neither whole UTF-8 nor cp1252"
WIDE = table_bytes(HEADER, CELLS, ["C-2", "Zoë"])


@pytest.mark.parametrize(
    ("content", "row", "found"),
    [
        (b"a;b\n1", ", row 2", CUT_ROW),
        (b"a;b\n3;4\n1", ", row 3", CUT_ROW),
        (b'a;b\n3;4\n"1', ", row 3", OPEN_QUOTE),
        (b'a;b\n3;4\n1;"2', ", row 3", OPEN_QUOTE),
        *((b"a;b\n" + rest, ", row 2", OPEN_QUOTE) for rest in (b'1;"2\n3;4\n', b'1;"2\n', b'"1;2\n"3;4\n')),
        *((content, "", BAD_HEADER) for content in (b"", b"\n", b";;\n1;2;3\n", b"a;a\n1;2\n", b"a;;b;;c\n")),
        (b"a;b\n\x81;\xff\n", "", NO_ENCODING),
        # UTF-8 that ends inside a letter is cut off, and not read as cp1252.
        (WIDE[: WIDE.rindex("ë".encode()) + 1], "", NO_ENCODING),
        (WIDE.decode().encode("utf-16-le"), ", row 4", CUT_ROW),
    ],
)
def test_a_csv_that_cannot_be_read_to_its_end_is_refused_whole(
    tmp_path: Path, content: bytes, row: str, found: str
) -> None:
    problem = problem_of(csv_rows, "bron", put(tmp_path, "a.csv", content))
    assert (problem.where, problem.found) == (f"bron: a.csv{row}", found)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-16", NO_ENCODING), ("utf-32", NO_ENCODING), ("utf-16-le", f"no column {', '.join(HEADER)}")],
)
def test_other_encodings_are_never_read_as_cp1252(tmp_path: Path, encoding: str, found: str) -> None:
    content = table_bytes(HEADER, CELLS).decode().encode(encoding)
    assert problem_of(read, tmp_path, "chat", "a.csv", content).found == found


def test_cp1252_may_end_in_a_letter_with_an_accent(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", "a;b\n1;café".encode("cp1252"))
    assert list(csv_rows("bron", file))[1] == ("row 2", ["1", "café"])


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "RECORD_BYTES", 1000)
    problem = problem_of(csv_rows, "bron", put(tmp_path, "a.csv", b"a;b\n" + b"1;" * 1000))
    assert problem.found.startswith("a line of over ")


def test_a_line_that_is_no_json_is_lost_alone(tmp_path: Path) -> None:
    content = ndjson(a_record(1)) + b"{cut\n\xff\xfe\n[]\n" + ndjson(a_record(2))
    items = read(tmp_path, "chat", "a.jsonl", content)
    assert [row["location"] for row in rows_of(items, "conversations")] == ["line 1", "line 5"]
    assert [(location, rule) for location, _, rule in rules_of(items)] == [
        ("line 2", "unreadable_record"),
        ("line 3", "unreadable_record"),
        ("line 4", "unreadable_record"),
    ]


@pytest.mark.parametrize("cut", [1, 20, 300, 301])
def test_a_last_line_that_is_cut_off_refuses_the_file_whole(tmp_path: Path, cut: int) -> None:
    content = ndjson(a_record(1), a_record(2, transcript="x" * 400))
    problem = problem_of(read, tmp_path, "chat", "a.jsonl", content[: content.index(b"\n") + 1 + cut])
    assert (problem.where, problem.found) == ("bron: a.jsonl, line 2", "a last line that is cut off")


def test_a_last_line_that_is_no_object_at_all_is_lost_alone(tmp_path: Path) -> None:
    items = read(tmp_path, "chat", "a.jsonl", ndjson(a_record(1)) + b"-- end of export --")
    assert (len(rows_of(items, "conversations")), rules_of(items)) == (1, [("line 2", "", "unreadable_record")])


def test_a_last_line_may_lack_its_end(tmp_path: Path) -> None:
    rows = rows_of(read(tmp_path, "chat", "a.jsonl", ndjson(a_record(1), a_record(2)).rstrip()), "conversations")
    assert len(rows) == 2


def test_a_line_longer_than_a_record_may_be_is_lost_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "RECORD_BYTES", 100)
    file = put(tmp_path, "a.jsonl", b'{"a":"' + b"x" * 950 + b'"}\n{"b":1}\n')
    assert list(json_records("bron", file, [])) == [("line 1", UNREADABLE), ("line 2", {"b": 1})]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[", b"[{}", b"[{},", b"[{}]x", b"[{}][{}]", b'[{"a":"\xff"}]', b"[nan]"),
        *(b"<html>", b"nul", b"[" * 200_000 + b"]" * 200_000),
    ],
    ids=lambda content: content[:20],
)
def test_what_is_not_one_whole_json_array_is_refused(tmp_path: Path, content: bytes) -> None:
    assert problem_of(json_records, "bron", put(tmp_path, "a.json", content), []).found == NO_ARRAY


@pytest.mark.parametrize("number", [b"1e999", b"9" * 30, b"-0.1", b"9" * 400])
def test_a_number_that_no_float_holds_does_not_cost_the_file(tmp_path: Path, number: bytes) -> None:
    record = json.dumps(a_record()).encode().replace(b'"language"', b'"size": ' + number + b', "language"')
    assert len(rows_of(read(tmp_path, "chat", "a.json", b"[" + record + b"]"), "conversations")) == 1


def test_json_items_are_found_wherever_the_chunks_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [1234, -1.5e3, True, None, "]", ',"[', {"a": [1, {"b": "é"}]}, [], ""]
    file = put(tmp_path, "a.json", b" " + json.dumps(items, indent=2, ensure_ascii=False).encode() + b"\n ")
    for size in range(5, 60):
        monkeypatch.setattr(text, "CHUNK_BYTES", size)
        assert [item for _, item in json_records("bron", file, [])] == items


def test_a_json_item_larger_than_a_record_may_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "RECORD_BYTES", 1000)
    monkeypatch.setattr(text, "CHUNK_BYTES", 100)
    content = b'["' + b"x" * 5000 + b'"]'
    assert problem_of(json_records, "bron", put(tmp_path, "a.json", content), []).found == NO_ARRAY


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.csv.gz"])
def test_truncated_gzip_is_refused_whole(tmp_path: Path, name: str, kept: float) -> None:
    content = {
        "a.jsonl.gz": ndjson(*map(a_record, range(200))),
        "a.json.gz": json.dumps([a_record(number) for number in range(200)]).encode(),
        "a.csv.gz": table_bytes(HEADER, *[CELLS] * 200),
    }[name]
    packed = gzip.compress(content)
    problem = problem_of(read, tmp_path, "chat", name, packed[: int(len(packed) * kept)] or b"\x1f")
    assert problem.found == DAMAGED


def test_a_flipped_byte_in_gzip_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(ndjson(*map(a_record, range(200)))))
    for offset in range(12, len(packed) - 4, 37):
        damaged = packed[:]
        damaged[offset] ^= 0x55
        found = problem_of(read, tmp_path, "chat", "a.jsonl.gz", bytes(damaged)).found
        assert found in (DAMAGED, "no line that holds a JSON object") or found.endswith("without the field tags")


@pytest.mark.parametrize(
    ("name", "start", "filling"),
    [
        ("a.jsonl.gz", ndjson(a_record(1)), b" " * 63 + b"\n"),
        ("a.json.gz", b"[", b" "),
        ("a.csv.gz", table_bytes(HEADER, CELLS), b"\n"),
    ],
)
def test_a_gzip_that_unpacks_to_far_more_is_refused(tmp_path: Path, name: str, start: bytes, filling: bytes) -> None:
    packed = gzip.compress(start + filling * ((14 << 20) // len(filling)))
    problem = problem_of(read, tmp_path, "chat", name, packed)
    assert problem.found == f"{len(packed) >> 10} KiB that unpack to more than 200 times as much"


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
