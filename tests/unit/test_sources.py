"""`zicht sources check` and `describe`: what would be read, and what to write into zicht.toml. Nothing is stored."""

import csv
import gzip
import io
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from canaries import Canaries
from loopback import Loopback, Request, page, reply
from samples import (
    KEY,
    LAYOUTS,
    a_coding,
    a_figure,
    a_record,
    coding_bytes,
    glotip_bytes,
    ndjson,
    put,
    registry_bytes,
    spss_bytes,
    table_bytes,
    workbook_bytes,
)
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.operations import source_check
from flows.runtime.configuration import SettingsProblem, load_configuration

Zicht = Callable[..., Result]
TOML = 'home = "var"\npseudonym_key_env = "ZICHT_TEST_KEY"\n'


@pytest.fixture
def zicht(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zicht:
    """Call `zicht sources` in an empty folder, without a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZICHT_CONFIG", raising=False)
    monkeypatch.delenv("ZICHT_TEST_KEY", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["sources", *arguments])


def configure(folder: Path, **sources: str) -> None:
    sections = "".join(f'[sources.{name}]\nkind = "{kind}"\npath = "inbox/{name}"\n' for name, kind in sources.items())
    (folder / "zicht.toml").write_text(TOML + sections)


def facts(result: Result) -> dict[tuple[str, str], tuple[int | None, str]]:
    """What `check --json` found, by item and name."""
    return {(row["item"], row["name"]): (row["n"], row["note"]) for row in json.loads(result.stdout)["rows"]}


RECORDS = [
    *(a_record(number, tags=["Mensenhandel ", "relatie", f"belt over Jan {number}"]) for number in range(1, 6)),
    a_record(6, tags=["geen mensenhandel"], nickname="Bezoeker 12", started_at="2019-12-31T23:30:00Z"),
    a_record(6, tags=[], nickname=""),
    a_record(8, deleted=True),
    a_record(9, started_at="gisteren"),
]


def test_a_chat_export_is_summarised(zicht: Zicht, tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", ndjson(*RECORDS))
    result = zicht("check", "a.jsonl", "--kind", "chat", "--json")
    assert facts(result) == {
        ("rows", ""): (8, "2020-01-01 to 2020-06-15"),
        ("repeated ids", ""): (1, ""),
        ("deleted", ""): (1, ""),
        ("flagged", ""): (5, "of 7 (71.4 %)"),
        ("like a flag", ""): (1, ""),
        ("no name", ""): (1, ""),
        ("nobody", ""): (1, "names in seeds/no_names.csv"),
        ("other tags", ""): (6, ""),
        ("tag", "mensenhandel"): (5, ""),
        ("tag", "relatie"): (5, ""),
        ("rejected", "started_at not_rfc3339"): (1, "first at line 9"),
    }
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_coding_is_summarised_by_its_labels(zicht: Zicht, tmp_path: Path) -> None:
    configure(tmp_path, coding="coding")
    rows = (a_coding(1, rol="Slachtoffer", leeftijd="17"), a_coding(2, rol="1", mensenhandel="nee", leeftijd="Piet"))
    put(tmp_path, "inbox/coding/c.csv", coding_bytes(*rows, a_coding(3, dubbel_van="fier:C-1")))
    result = zicht("check", "inbox/coding/c.csv", "--json")
    assert facts(result) == {
        ("rows", ""): (3, "2021-02-01 to 2021-02-01"),
        ("repeated ids", ""): (0, ""),
        ("coded", "dubbel_van"): (1, ""),
        ("coded", "leeftijd"): (1, ""),
        ("coded", "mensenhandel ja"): (2, ""),
        ("coded", "mensenhandel nee"): (1, ""),
        ("coded", "rol slachtoffer"): (2, ""),
        ("rejected", "leeftijd not_a_whole_number"): (1, "first at row 3"),
    }


def test_a_source_is_read_file_by_file_and_a_problem_ends_with_1(zicht: Zicht, tmp_path: Path) -> None:
    configure(tmp_path, fier="chat", glotip="glotip")
    put(tmp_path, "inbox/fier/a.jsonl", ndjson(a_record(1)))
    put(tmp_path, "inbox/fier/b.json", b"{}")
    put(tmp_path, "inbox/fier/c.jsonl.gz", gzip.compress(ndjson(a_record(2, deleted="misschien"))))
    put(tmp_path, "inbox/glotip/g.xlsx", glotip_bytes(a_figure(1_234_567)))
    result = zicht("check", "fier", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["file"]: row["n"] for row in rows if row["item"] == "rows"} == {
        **{"a.jsonl": "1", "b.json": "0", "c.jsonl.gz": "0"}
    }
    assert result.exit_code == 1
    assert result.stderr.count("Not read: ") == 2
    assert zicht("check", "glotip").exit_code == 0
    assert not (tmp_path / "var").exists()


def test_all_sources_are_one_line_each(zicht: Zicht, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, fier="chat", coding="coding")
    put(tmp_path, "inbox/fier/a.jsonl", ndjson(*RECORDS))
    with pytest.raises(SettingsProblem, match="ZICHT_TEST_KEY is empty"):
        raise zicht("check").exception or AssertionError
    monkeypatch.setenv("ZICHT_TEST_KEY", KEY.decode())
    result = zicht("check", "--json")
    assert result.exit_code == 1  # there is no coding
    found = json.loads(result.stdout)
    assert [list(row.values()) for row in found["rows"]] == [
        ["fier", "chat", 1, 8, 1, 5, "2020-01-01", "2020-06-15"],
        ["coding", "coding", 1, 0, 0, None, "", ""],
    ]
    assert len(found["problems"]) == 1 and "inbox/coding: found nothing there" in found["problems"][0]
    text = zicht("check").stdout
    assert all(len(line) <= 80 for line in text.splitlines() if "zicht.toml" not in line and "Not read" not in line)


def test_what_would_go_to_quarantine_is_a_problem_beforehand(zicht: Zicht, tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", ndjson(*(a_record(number, started_at="gisteren") for number in range(3)), *RECORDS))
    result = zicht("check", "a.jsonl", "--kind", "chat")
    assert result.exit_code == 1
    assert "a.jsonl: it would go to quarantine: 4 of 12 records " in result.output


def test_a_listing_is_read_to_its_end(zicht: Zicht, tmp_path: Path) -> None:
    def answer(request: Request) -> bytes:
        return reply(page([a_record(2)], None) if "cursor" in request.query else page([a_record(1)], "next"))

    with Loopback(answer) as server:
        (tmp_path / "zicht.toml").write_text(f'{TOML}[sources.fier]\nkind = "chat"\nurl = "{server.url}"\n')
        result = zicht("check", "fier", "--json")
    assert facts(result)["rows", ""] == (2, "2020-06-15 to 2020-06-15")
    assert [path.name for path in tmp_path.iterdir()] == ["zicht.toml"]


@pytest.mark.parametrize("target", ["nothing.csv", "fier", "a.jsonl"])
def test_what_cannot_be_checked_is_wrong_use(zicht: Zicht, tmp_path: Path, target: str) -> None:
    put(tmp_path, "a.jsonl", ndjson(a_record(1)))
    assert isinstance(zicht("check", target).exception, SettingsProblem)


@pytest.mark.parametrize("inner", ["inbox/fier", "inbox/fier/../fier", "inbox/fier/map"])
def test_two_sources_on_one_path_are_refused(zicht: Zicht, tmp_path: Path, inner: str) -> None:
    configure(tmp_path, fier="chat")
    with (tmp_path / "zicht.toml").open("a") as file:
        file.write(f'[sources.csg]\nkind = "chat"\npath = "{inner}"\n')
    with pytest.raises(SettingsProblem, match=r"line 8, and .*line 5: \[sources.csg\] and \[sources.fier\] read"):
        load_configuration()


# Exports of an unknown platform: Dutch names, local time, marks in capitals.
FLAT = table_bytes(
    ["Chatnr", "Bezoeker", "Begintijd", "Taal", "Onderwerpen", "Laatst gewijzigd", "Verslag"],
    [1001, "Roos_17", "03-02-2020 14:05", "nl", "Mensenhandel, loverboy", "03-02-2020 15:00", "geheim verslag"],
    [1002, "Anoniem", "31-12-2020 23:45", "nl", "relatie", "31-12-2020 23:59", "geheim verslag"],
)
NESTED = ndjson(
    *(
        {
            "gesprek": {"id": number, "start": f"2020-02-{number} 14:05:00", "verslag": "geheim verslag"},
            "bezoeker": {"naam": name, "taal": "nl"},
            "labels": [{"title": tag}],
            "bijgewerkt_op": "2021-01-01 00:00:00",
        }
        for number, name, tag in ((10, "Roos_17", "Human Trafficking"), (11, "Anoniem", "relatie"))
    )
)


def section(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0 and all(len(line) <= 120 for line in result.stdout.splitlines())
    found: dict[str, Any] = tomllib.loads(result.stdout)["sources"]
    return next(iter(found.values()))


def test_a_described_export_is_read_right(zicht: Zicht, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", FLAT)
    proposed = zicht("describe", "a.csv")
    (tmp_path / "zicht.toml").write_text(TOML + proposed.stdout)
    assert section(proposed)["date_format"] == "%d-%m-%Y %H:%M"
    found = facts(zicht("check", "platform", "--json"))
    assert found["rows", ""] == (2, "2020-02-03 to 2020-12-31")
    assert found["flagged", ""] == (1, "of 2 (50.0 %)")
    assert found["nobody", ""][0] == 1
    assert not [name for item, name in found if item == "rejected"]


def test_a_nested_export_is_described_by_dotted_names(zicht: Zicht, tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", NESTED)
    proposed = zicht("describe", "a.jsonl")
    (tmp_path / "zicht.toml").write_text(TOML + proposed.stdout)
    assert section(proposed) == {
        "kind": "chat",
        "path": "a.jsonl",
        "timezone": "Europe/Amsterdam",
        "flag_tags": ["human trafficking"],
        "columns": {
            "conversation_id": "gesprek.id",
            "nickname": "bezoeker.naam",
            "started_at": "gesprek.start",
            "language": "bezoeker.taal",
            "tags": "labels[].title",
            "updated_at": "bijgewerkt_op",
        },
    }
    assert load_configuration().settings.sources


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "sav"])
def test_a_coding_file_is_described(zicht: Zicht, tmp_path: Path, suffix: str) -> None:
    header, row = (
        ["Gespreksnummer", "Datum_codering", "MH", "Dubbel", "Rol", "Age", "dwang_lvb"],
        ["fier:C-1", "2021-02-01", 1, "", 1, 17, 1],
    )
    contents = {
        "csv": table_bytes(header, row),
        "xlsx": workbook_bytes({"Uitleg": [["Codering"]], "Blad1": [["Codering 2021"], header, row]}),
        "sav": spss_bytes(tmp_path, {name: [cell] for name, cell in zip(header, row, strict=True)}),
    }
    put(tmp_path, f"a.{suffix}", contents[suffix])
    proposed = zicht("describe", f"a.{suffix}")
    (tmp_path / "zicht.toml").write_text(TOML + proposed.stdout)
    assert "does not read 0 other fields" in proposed.stdout
    assert section(proposed)["columns"] == {
        **{"gesprek_id": "Gespreksnummer", "gecodeerd_op": "Datum_codering", "mensenhandel": "MH"},
        **{"dubbel_van": "Dubbel", "rol": "Rol", "leeftijd": "Age"},
    }
    found = facts(zicht("check", "coding", "--json"))
    assert (found["rows", ""][0], found["coded", "rol slachtoffer"][0], found["coded", "leeftijd"][0]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"started_at": "01/02/2020 10:00", "ended_at": ..., "updated_at": "02/02/2020 11:00"}, "date_format", "?"),
        ({"tags": ["urgent: Jan"]}, "flag_tags", ["?"]),
        ({"deleted": "2020-01-01T00:00:00Z"}, "columns", {"deleted": "?"}),
        ({"updated_at": ...}, "columns", {"updated_at": "?"}),
        ({"nickname": ..., "who": "Jan"}, "columns", {"nickname": "?"}),
    ],
)
def test_what_cannot_be_known_is_left_open_and_not_run(
    zicht: Zicht, tmp_path: Path, changes: dict[str, Any], key: str, value: Any
) -> None:
    put(tmp_path, "a.jsonl", ndjson(a_record(1, **changes)))
    proposed = zicht("describe", "a.jsonl")
    assert section(proposed)[key] == value and "Jan" not in proposed.stdout
    (tmp_path / "zicht.toml").write_text(TOML + proposed.stdout)
    with pytest.raises(SettingsProblem, match=r"a \? is left"):
        load_configuration()


def secret_files(canary: Canaries) -> Iterator[tuple[str, str, bytes]]:
    """Files with canaries in all that is not to be printed, as (name, kind, content)."""
    record = {
        **a_record(1, nickname=canary("name"), connection_group=canary("group"), tags=["mensenhandel", canary("tag")]),
        **{"transcript": canary("transcript"), canary("unlisted"): {canary("inner"): canary("value")}},
    }
    yield "a.jsonl", "chat", ndjson(record, {**record, "started_at": canary("start"), "deleted": canary("deleted")})
    texts = [canary(f"cell {number}") for number in range(7)]
    yield "no-header.csv", "chat", table_bytes(texts, texts)
    yield "c.csv", "coding", coding_bytes(a_coding(1, rol=canary("role")), texts)
    yield "r.xlsx", "", workbook_bytes({"Blad1": [[canary("person"), 5], [canary("other"), 6]]})


def test_no_output_holds_a_name_free_text_or_an_unlisted_field(zicht: Zicht, tmp_path: Path) -> None:
    canary = Canaries()
    for name, kind, content in secret_files(canary):
        put(tmp_path, name, content)
        calls = [["check", name, *(["--kind", kind] if kind else [])], ["describe", name]]
        for call in [[*call, *form] for call in calls for form in ([], ["--json"], ["--csv"])]:
            result = zicht(*call)
            assert result.output or result.exception
            assert canary.found_in(f"{result.output}{result.stderr}{result.exception!s}".encode()) == set(), call


@pytest.mark.parametrize("name", ["r.xlsx", "inbox/ckm/r.xlsx"])
def test_a_registrys_workbook_is_shown_cell_by_cell(
    zicht: Zicht, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(source_check, "load_layouts", lambda seeds: LAYOUTS)
    configure(tmp_path, ckm="ckm")
    put(tmp_path, name, registry_bytes(["Totaal", 1_234_567, "<5"], ["Seksuele uitbuiting", 5, "?"]))
    result = zicht("check", name)
    assert "B3    1234567  2019  total                1234567  1234567" in result.stdout
    assert "Left out: Blad1!C4: not_a_count" in result.stdout and "3 cells read, 1 findings" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    rows = [row for row in csv.DictReader(io.StringIO(zicht("check", name, "--csv").stdout)) if row["sheet"]]
    assert [(row["cell"], row["value_low"], row["value_high"]) for row in rows] == [
        *(("B3", "1234567", "1234567"), ("C3", "1", "4"), ("B4", "5", "5"))
    ]
    assert json.loads(zicht("check", name, "--json").stdout)["rows"][0]["value_high"] == 1_234_567


def test_a_workbook_at_an_address_is_read(zicht: Zicht, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_check, "load_layouts", lambda seeds: LAYOUTS)
    content = registry_bytes(["Totaal", 5, 6])
    with Loopback(lambda request: reply(content)) as server:
        (tmp_path / "zicht.toml").write_text(f'{TOML}[sources.ckm]\nkind = "ckm"\nurl = "{server.url}/uitgave.xlsx"\n')
        result = zicht("check", "ckm", "--json")
    assert facts(result) == {("rows", ""): (2, "2019 to 2020")}
    assert json.loads(result.stdout)["rows"][0]["file"] == "uitgave.xlsx"
