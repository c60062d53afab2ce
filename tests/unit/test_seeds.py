"""Seeds are checked by the rules beside them: each fault has its file, line and value."""

from pathlib import Path

import pytest

from connectors.codelists.seeds import Seeds
from flows.runtime.configuration import SEEDS

HEADERS = {path.stem: path.read_text(encoding="utf-8").splitlines()[0] for path in SEEDS.glob("*.csv")}


def faults(folder: Path, name: str, *lines: str) -> list[str]:
    """Return the faults of all seeds with these rows of one's own, without the folder of that file."""
    write(folder, name, *lines)
    return [line.replace(f"{folder}/", "") for line in Seeds(SEEDS, folder).faults()]


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.csv").write_text("\n".join([HEADERS[name], *lines, ""]), encoding="utf-8")


def test_the_shipped_seeds_have_no_fault() -> None:
    assert Seeds(SEEDS, None).faults() == []


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("no_names", "Anoniem", "name: found 'Anoniem', expected texts that no other row has"),
        ("codebook", "role,single,rol,9x,Slachtoffer,Other,other", "column, label_nl: found 'rol', 'Slachtoffer', "),
        ("codebook", "role,singel,rol,77,Tolk,Interpreter,interpreter", "kind: found 'singel', expected single|"),
        ("population_conditions", "nobody,role,victim", "population: found 'nobody', expected population of a row in "),
        ("population_conditions", "victims,role,nope", "variable, category: found 'role', 'nope', expected variable, "),
        ("windows", "x,13,12,a,b", "first_month: found '13', expected a month from 1 to 12"),
        ("series_breaks", "comensha,,victim,,,,2018-02-30,x,yes,a,b", "break_on: found '2018-02-30', expected a date "),
        (
            "registry_editions",
            "comensha,comensha,x,?,comensha_2020,2020,2020-01-01,",
            "title: found '?', expected a te",
        ),
        ("registry_editions", "comensha,comensha,x,t,nowhere,2020,2020-01-01,", "kind, layout: found 'comensha', 'now"),
        (
            "crosswalk",
            "comensha,form,nieuw,,,labuor,broader,",
            "category: found 'labuor', expected category of a row in ",
        ),
        (
            "crosswalk",
            "comensha,form,nieuw,,,labour,exact,",
            "source, dimension, category, valid_from, valid_to: found",
        ),
        ("populations", "a,b", "found 2 cells, expected 3"),
    ],
)
def test_a_fault_in_a_row_is_named_with_its_file_line_and_value(
    tmp_path: Path, name: str, line: str, fault: str
) -> None:
    found = faults(tmp_path, name, line)
    assert any(one.startswith(f"{name}.csv, line 2: {fault}") for one in found), found


def test_a_row_of_ones_own_may_follow_from_another(tmp_path: Path) -> None:
    write(tmp_path, "populations", "minors,Minderjarigen,Minors")
    assert faults(tmp_path, "population_conditions", "minors,minor,yes") == []


@pytest.mark.parametrize("name", ["disclosure_policy", "release_tables", "published_figures"])
def test_rules_of_protection_and_tables_of_a_release_cannot_be_extended(tmp_path: Path, name: str) -> None:
    [fault] = faults(tmp_path, name)
    assert fault.startswith(f"{name}.csv: found another name, expected a seed to which rows can be added: ")


def test_another_header_a_missing_folder_and_other_bytes_are_faults(tmp_path: Path) -> None:
    (tmp_path / "windows.csv").write_text("name\nx\n")
    (tmp_path / "populations.csv").write_bytes(b"\xff\xfe")
    assert [fault.partition(":")[0] for fault in Seeds(SEEDS, tmp_path).faults()] == [
        f"{tmp_path}/populations.csv",
        f"{tmp_path}/windows.csv, line 1",
    ]
    [fault] = Seeds(SEEDS, tmp_path / "none").faults()
    assert "found no folder" in fault


def test_joined_seeds_hold_both_rows_and_are_named_by_their_content(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shipped = (SEEDS / "no_names.csv").read_text(encoding="utf-8")
    plain = Seeds(SEEDS, own).join(tmp_path / "work")
    assert (plain / "no_names.csv").read_text(encoding="utf-8") == shipped
    write(own, "no_names", '"Klant, nieuw"')
    joined = Seeds(SEEDS, own).join(tmp_path / "work")
    assert (joined / "no_names.csv").read_text(encoding="utf-8") == shipped + '"Klant, nieuw"\n'
    assert joined != plain and joined == Seeds(SEEDS, own).join(tmp_path / "work")
    assert {path.name for path in joined.iterdir()} == {path.name for path in SEEDS.iterdir() if path.is_file()}
