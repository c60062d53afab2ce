"""No name, transcript, remark, address or token is kept or shown, also when the record or the server is broken.

Every field that is not kept holds a canary of its own. Nothing of it may be found in any byte that is written below the
landing (Parquet also column by column), in output, logs, error texts or problems. Taken away one by one, the defences
must make the same scan find canaries: a scanner that finds nothing proves nothing.
"""

import base64
import gzip
import io
import itertools
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from canaries import Canaries, contents_below
from loopback import Loopback, Request, head, page, reply
from openpyxl.comments import Comment
from samples import (
    CODEBOOK,
    CODING_HEADER,
    Inbox,
    a_coding,
    a_figure,
    a_record,
    coding_bytes,
    glotip_bytes,
    ndjson,
    registry_bytes,
    spss_bytes,
    table_bytes,
    workbook_bytes,
)

from connectors.chat import blocks, conversations, incremental
from connectors.chat.blocks import BrokenRecord
from connectors.coding import codings
from connectors.errors import SourceProblem
from connectors.pseudonym import Pseudonymiser
from connectors.source import Rejection
from connectors.transport.listing import Listing

Deliveries = dict[str, dict[str, bytes]]
MOMENT = "2021-01-01T00:00:00Z"


def sound_records(canary: Canaries) -> Iterator[dict[str, Any]]:
    """Records that are kept, with canaries in everything that is not."""
    yield a_record(
        1,
        nickname=canary("nickname"),
        connection_group=canary("connection group"),
        transcript=[{"from": canary("transcript author"), "text": f"zei {canary('transcript')} en toen"}],
        ip_address=canary("address"),
        notes={"deep": {"deeper": [canary("nested"), {canary("nested key"): 1}]}},
        **{canary("unknown field"): True},
    )
    yield a_record(2, nickname=f" {canary('nickname in capitals').upper()} ", connection_group=None)
    yield a_record(3, ended_at=canary("end"), language=canary("language"))
    yield a_record(4, nickname=[canary("nickname in a list")], connection_group={"ip": canary("group in an object")})
    erased = {field: canary(f"{field} of an erased record") for field in conversations.FIELDS if field != "tags"}
    tags = [canary("tag of an erased record")]
    yield {**erased, "conversation_id": "C-5", "updated_at": MOMENT, "deleted": True, "tags": tags}


def broken_records(canary: Canaries) -> Iterator[Any]:
    """Records of which nothing is kept."""
    for field in ("conversation_id", "started_at", "updated_at", "tags", "deleted"):
        for value in (canary, lambda label: [canary(label), 1], lambda label: {canary(label): canary(label)}):
            if (field, value) != ("conversation_id", canary):
                yield a_record(10, **{field: value(f"wrong {field}"), "nickname": canary(f"nickname by wrong {field}")})
    yield a_record(11, conversation_id=f"\ud800{canary('half a letter')}")
    yield a_record(12, tags=[canary("tag beside half a letter"), "\udc00"])
    yield {field: canary(f"{field} without id") for field in conversations.FIELDS if field != "conversation_id"}
    yield canary("text in place of a record")
    yield [canary("list in place of a record")]
    yield {"error": canary("error in place of a record")}


def chat_files(canary: Canaries) -> dict[str, bytes]:
    sound, broken = list(sound_records(canary)), list(broken_records(canary))
    lines = (
        ndjson(*sound, *broken) + b'{"nickname": "' + canary("cut line").encode() + b"\n" + canary("no json").encode()
    )
    array = json.dumps([*sound, *broken]).encode()
    header = list(conversations.FIELDS)
    row = [canary(f"csv {name}") for name in header]
    kept = {
        "conversation_id": "C-1",
        "started_at": MOMENT,
        "updated_at": MOMENT,
        "tags": "",
        "deleted": "",
        "language": "",
    }
    good = [kept.get(name, cell) for name, cell in zip(header, row, strict=True)]
    extra = canary("csv unknown column")
    return {
        "a.jsonl": lines,
        "a.jsonl.gz": gzip.compress(lines),
        "a.json": array,
        "b.csv": table_bytes(
            [*header, extra], [*good, canary("csv dropped cell")], [*row[1:], "C-1", "x"], [*row, *row]
        ),
        "c.csv": table_bytes(header, good) + f'"{canary("csv cell after a quote")}"x;1\n'.encode(),
        # Files that are refused whole.
        "cut.json": array[:-9],
        "cut.jsonl": ndjson(a_record(1), a_record(2, nickname=canary("nickname in a cut file")))[:-9],
        "cut.jsonl.gz": gzip.compress(lines)[:-9],
        "no-array.json": json.dumps({canary("key of no array"): canary("no array")}).encode(),
        "no-header.csv": table_bytes(row, row),
        "double.csv": table_bytes([canary("double header")] * 2),
        "open-quote.csv": table_bytes(header, good) + f'"{canary("open quote")};\n;\n;'.encode(),
        "utf-16.csv": table_bytes(header, [canary("utf-16")] * 9).decode().encode("utf-16"),
        "other.docx": canary("another type").encode(),
        "unfinished.jsonl.part": ndjson(a_record(1, tags=[canary("unfinished")])),
        "untagged.jsonl": ndjson(a_record(1, tags=..., nickname=canary("untagged"))),
        "no-text.jsonl": b"\xff\xfe" + canary("no text").encode("utf-16"),
    }


def coding_files(canary: Canaries, folder: Path) -> dict[str, bytes]:
    columns = ["gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van", *CODEBOOK.columns]
    typed = [canary(f"cell of {name}") for name in columns]
    kept = ["fier:C-1", "2021-02-01", *typed[2:]]
    rows = [
        kept,  # names typed into every cell but the two that place the row
        [typed[0], "2021-02-01", *typed[2:]],  # a remark in place of an id
        ["fier:C-1", canary("date"), *typed[2:]],
        [f"{canary('id')}: {canary('remark with a colon')}", "2021-02-01"],
        a_coding(2, dubbel_van=f"zie {canary('duplicate of free text')}"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes({"Blad1": [columns, *rows]})))
    book.properties.creator = canary("author")
    book.worksheets[0]["A1"].comment = Comment(canary("comment"), canary("comment's author"))
    book.worksheets[0].cell(2, len(columns) + 3, canary("cell beside the table"))
    book.create_sheet("uitleg").append([canary("cell of another sheet")])
    stream = io.BytesIO()
    book.save(stream)
    wide = [[*row, *[""] * (len(columns) - len(row))] for row in rows]
    by_column = {name: [row[place] for row in wide] for place, name in enumerate(columns)}
    labelled = {"rol": {canary("label's code"): "Slachtoffer"}, "leeftijd": {"1": canary("label")}}
    return {
        "c.xlsx": stream.getvalue(),
        "c.csv": table_bytes(columns, *wide, *rows),
        "c.sav": spss_bytes(
            folder,
            by_column,
            file_label=canary("file label"),
            column_labels={name: canary(f"label of {name}") for name in columns},
        ),
        # Files that are refused whole.
        "labels.sav": spss_bytes(
            folder, {**by_column, "gesprek_id": ["x"] * len(rows)}, variable_value_labels=labelled
        ),
        "no-header.csv": coding_bytes(*wide).split(b"\n", 1)[1],
        "first-row-is-data.csv": table_bytes(typed, *wide),
        "first-row-is-data.xlsx": workbook_bytes({"Blad1": [typed, *wide]}),
        "twice.csv": table_bytes([*CODING_HEADER, "rol"], [canary("twice")] * 8),
        "damaged.sav": canary("damaged spss").encode() * 20,
        "damaged.xlsx": canary("damaged workbook").encode() * 20,
    }


def glotip_files(canary: Canaries) -> dict[str, bytes]:
    figures = [
        a_figure(canary("count")),
        a_figure(5, Year=canary("year")),
        a_figure(5, Region=canary("region"), Source=canary("source")),
    ]
    return {
        "g.xlsx": glotip_bytes(*figures, notes=[[canary("note")], [canary("other note")]]),
        "no-header.xlsx": workbook_bytes({"Blad1": figures}),
    }


def registry_files(canary: Canaries) -> dict[str, bytes]:
    """A workbook with canaries in all that is no label and no figure, and others that are refused."""
    header = ["Vorm", 2019, "Toelichting"]
    return {
        "r.xlsx": registry_bytes(
            ["Totaal", 5, canary("remark")],
            ["Seksuele uitbuiting", canary("count"), None],
            [canary("note below")],
            header=header,
        ),
        "label.xlsx": registry_bytes([canary("label"), 5], header=header[:2]),
        "header.xlsx": registry_bytes(["Totaal", 5, 6], header=["Vorm", 2019, canary("header")]),
        "title.xlsx": registry_bytes(["Totaal", 5], title=canary("title"), header=header[:2]),
        "edition.xlsx": registry_bytes(["Totaal", 5], title=f"Uitgave 2031 {canary('subtitle')}", header=header[:2]),
        "persons.xlsx": workbook_bytes({"Blad1": [[canary("person"), canary("other person")], [canary("name"), 5]]}),
    }


class Witness:
    """Hears all that is said while sources are taken in, and reads all that was written."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.canary = Canaries()
        self.inboxes = 0
        self.problems: list[str] = []
        self._caplog, self._capfd = caplog, capfd
        caplog.set_level(logging.DEBUG)

    def inbox(self, kind: str, **options: Any) -> Inbox:
        self.inboxes += 1
        return Inbox(self.folder / str(self.inboxes), kind, **options)

    def receive(self, inbox: Inbox) -> None:
        try:
            received = inbox.receive()
        except SourceProblem as problem:
            self.problems += [str(problem), "".join(traceback.format_exception(problem))]
        else:
            self.problems += [*received.problems, repr(received)]

    def receive_files(self, kind: str, files: dict[str, bytes]) -> None:
        inbox = self.inbox(kind)
        for name, content in files.items():
            inbox.put(name, content)
        self.receive(inbox)

    def found(self) -> set[str]:
        """The labels of all canaries that got through."""
        output = self._capfd.readouterr()
        logs = [f"{record.getMessage()} {record.__dict__}" for record in self._caplog.records]
        said = [self._caplog.text, *logs, output.out, output.err, *self.problems]
        written = [content for folder in self.folder.glob("*/landing") for content in contents_below(folder)]
        found = [self.canary.found_in(content) for content in [*(text.encode() for text in said), *written]]
        return set().union(*found)


@pytest.fixture
def witness(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Witness:
    # What the scrubber does with logs is tested by itself; here connectors must say nothing without it.
    logging.setLogRecordFactory(logging.LogRecord)
    monkeypatch.setattr(incremental, "Listing", partial(Listing, sleep=lambda seconds: None))
    return Witness(tmp_path, caplog, capfd)


def receive_platform(witness: Witness) -> None:
    """A platform over HTTP that serves sound and broken records behind a cursor and a token that are canaries."""
    records = [*sound_records(witness.canary), *broken_records(witness.canary)]
    cursor = witness.canary("cursor")

    def answer(request: Request) -> bytes:
        half = len(records) // 2
        return reply(page(records[half:]) if "cursor" in request.query else page(records[:half], cursor))

    with Loopback(answer) as server:
        inbox = witness.inbox("chat", url=server.url, token=witness.canary("token"))
        witness.receive(inbox)
        witness.receive(inbox)
    assert server.requests


def server_answers(canary: Canaries) -> Iterator[bytes]:
    """What a server can say that is no page."""
    for status in ("400 No", "401 No", "403 No", "404 No", "429 No", "500 No", "503 No"):
        body = json.dumps({"error": canary(f"body of {status}")}).encode()
        yield reply(body, f"X-Reason: {canary('header')}", status=f"{status} {canary('reason')}")
    yield reply(b"", f"Retry-After: {canary('retry-after')}", status="503 Busy")
    yield reply(b"", f"Location: http://127.0.0.1:9/{canary('location')}", status="302 Found")
    yield reply(f"<html>{canary('web page')}</html>".encode(), f"Content-Type: text/html; {canary('content type')}")
    yield reply(f'{{"items": ["{canary("cut page")}'.encode(), f"Content-Type: {canary('type of a cut page')}")
    yield reply(json.dumps({canary("key of another shape"): canary("another shape")}).encode())
    yield reply(page([], canary("cursor that comes again")))
    yield reply(page([a_record(1, tags=..., nickname=canary("untagged over http"))]))
    yield reply(page([]), f"Date: {canary('date')}", f"Set-Cookie: a={canary('cookie')}")
    yield head("200 OK", f"Content-Length: {canary('length')}") + page([])
    yield head("200 OK", "Content-Encoding: gzip") + canary("no gzip").encode()
    yield head("200 OK", f"Content-Encoding: {canary('encoding')}") + page([])
    yield head("200 OK", "Transfer-Encoding: chunked") + canary("no chunk").encode() + b"\r\n"
    yield head("200 OK", canary("header without a colon"), "", f"{canary('more')}: x") + page([])
    yield f"HTTP/1.1 {canary('status')}\r\n\r\n".encode()
    yield canary("no http").encode() + b"\r\n\r\n"


def receive_answers(witness: Witness) -> None:
    for answer in list(server_answers(witness.canary)):
        answers = itertools.chain(itertools.repeat(answer, 9), itertools.repeat(reply(b"", status="410 Enough")))
        with Loopback(lambda request, answers=answers: next(answers)) as server:  # type: ignore[misc]
            witness.receive(witness.inbox("chat", url=server.url, token=witness.canary("token to a broken server")))


def receive_everything(witness: Witness) -> None:
    witness.receive_files("chat", chat_files(witness.canary))
    witness.receive_files("coding", coding_files(witness.canary, witness.folder))
    witness.receive_files("glotip", glotip_files(witness.canary))
    witness.receive_files("comensha", registry_files(witness.canary))
    receive_platform(witness)
    receive_answers(witness)


def test_no_canary_is_written_or_said(witness: Witness) -> None:
    receive_everything(witness)
    assert witness.found() == set()
    # That nothing was found is worth something: rows and findings did land, and problems were reported.
    tables = [path.parent.name for path in witness.folder.rglob("*.parquet")]
    rows = {"conversations": 6, "codings": 3, "figures": 1, "registry_figures": 1}
    assert {name: tables.count(name) for name in rows} == rows
    assert tables.count("rejected") >= 9
    assert len([problem for problem in witness.problems if "found" in problem]) >= 30


def keep_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_block(source: Any, records: Any, context: Any) -> tuple[pa.RecordBatch, list[Rejection]]:
        whole: dict[str, Any] = {"is_deleted": False, "updated_at": datetime(2021, 1, 1, tzinfo=UTC)}
        rows = [
            whole
            | {"location": location, "conversation_id": location, "canonical_json": json.dumps(record, default=str)}
            for location, record in records
        ]
        return pa.RecordBatch.from_pylist(rows, schema=blocks.SCHEMA), []

    monkeypatch.setattr(conversations, "read_block", read_block)
    monkeypatch.setattr(conversations, "project", lambda record, names: BrokenRecord("", "", record))


def keep_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pseudonymiser, "__call__", lambda self, source, field, text: text)


def keep_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "read_cell", lambda cell, column: (str(cell), None))


def keep_any_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "GESPREK_ID", re.compile(".*"))


def keep_broken_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_fingerprint", lambda source, record, context: repr(record).encode().hex())


def show_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(listing: Any, response: Any, content: bytes) -> Any:
        raise SourceProblem("bron", found=content.decode("utf-8", "replace"), expected="a page", do="Look.")

    monkeypatch.setattr(Listing, "_body", body)


def log_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Listing._check_status

    def checked(listing: Any, response: Any) -> None:
        logging.getLogger("talkative").debug("%s", response.request.headers)
        check(listing, response)

    monkeypatch.setattr(Listing, "_check_status", checked)


@pytest.mark.parametrize(
    ("take_away", "labels"),
    [
        (keep_every_field, {"transcript", "address", "nested key", "unknown field", "csv dropped cell", "nickname"}),
        (keep_names, {"nickname", "nickname in capitals", "connection group", "csv nickname"}),
        (keep_cells, {"cell of rol", "cell of leeftijd", "cell of start_maand", "cell of dwang_geweld"}),
        (keep_any_id, {"cell of gesprek_id", "cell of dubbel_van", "duplicate of free text", "remark with a colon"}),
        (
            keep_broken_records,
            {"nickname by wrong tags", "wrong deleted", "nickname without id", "nickname by wrong updated_at"},
        ),
        (show_answers, {"web page", "cut page", "another shape"}),
        (log_requests, {"token", "token to a broken server"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_without_a_defence_the_scan_finds_canaries(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None], labels: set[str]
) -> None:
    take_away(monkeypatch)
    receive_everything(witness)
    assert labels <= witness.found()


@pytest.mark.parametrize(
    "disguise",
    [
        str.encode,
        lambda word: word.upper().encode(),
        lambda word: word.encode().hex().encode(),
        lambda word: word.encode().hex().upper().encode(),
        lambda word: base64.b64encode(word.encode()),
        lambda word: base64.b64encode(b"a" + word.encode() + b"b"),
        lambda word: base64.b64encode(b"ab" + word.encode() + b"cd"),
        lambda word: base64.urlsafe_b64encode(b"abc" + word.encode()),
        lambda word: "".join(f"%{byte:02X}" for byte in word.encode()).encode(),
        lambda word: word.encode("utf-16"),
        lambda word: word.encode("utf-16-be"),
    ],
)
def test_the_scanner_sees_through_every_disguise(disguise: Callable[[str], bytes]) -> None:
    canary = Canaries()
    assert canary.found_in(b"before " + disguise(canary("seen")) + b" after") == {"seen"}


def test_the_scanner_reads_packed_columns_and_file_names(tmp_path: Path) -> None:
    canary = Canaries()
    table = pa.table({"deep": [[{"in": canary("value")}]]}).replace_schema_metadata({"key": canary("metadata")})
    pq.write_table(table, tmp_path / f"{canary('file name')}.parquet", compression="zstd")
    assert set().union(*map(canary.found_in, contents_below(tmp_path))) == {"value", "metadata", "file name"}
