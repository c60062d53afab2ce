"""The whole pipeline against an independent count of random worlds, and of one world over several nights."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparing import assert_same, keyed
from deliveries import ChatFile, CodingFile, Deliveries, Finding
from homes import run_folder, take_in_folder
from oracle import Expected, count
from promises import cases
from test_comparisons import assert_compared
from world_files import configuration, write_chat, write_coding, write_world
from worlds import draw_world

pytestmark = pytest.mark.full

PERIOD = "period_type, period_start, period_end"
# Rows are numbered as in a spreadsheet: below a header, the first is row 2.
WITH_HEADER = (".csv", ".xlsx")


def assert_counted(expected: Expected, marts: Any) -> None:
    """All figures on the chat, both ways."""
    indicators = (
        f"select source, unit, population, {PERIOD}, variable, category, n, n_known, share from marts.indicators"
    )
    assert_same(
        {("chat", "visitor", *key): (n, known, n / known) for key, (n, known) in expected.indicators.items()},
        keyed(marts.rows(indicators), 8),
    )
    crosstabs = f"select population, {PERIOD}, variable, category, variable_2, category_2, n, n_known_both"
    assert_same(expected.crosstabs, keyed(marts.rows(f"{crosstabs} from marts.crosstabs"), 8))
    measures = f"select source, population, {PERIOD}, variable, statistic, value from marts.measures"
    assert_same({("chat", *key): (value,) for key, value in expected.measures.items()}, keyed(marts.rows(measures), 7))
    funnel = f"select source, {PERIOD}, step, n from marts.funnel"
    assert_same({key: (n,) for key, n in expected.funnel.items()}, keyed(marts.rows(funnel), 5))
    volumes = f"select source, {PERIOD}, unit, n from marts.volumes where period_type in ('year', 'month') and n > 0"
    assert_same({key: (n,) for key, n in expected.volumes.items()}, keyed(marts.rows(volumes), 5))


@pytest.fixture(scope="module", params=range(1, cases(2, 8)))
def counted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Expected, Any]:
    """What the oracle and what the pipeline made of one world."""
    folder = tmp_path_factory.mktemp("world")
    world = draw_world(request.param)
    write_world(world, folder)
    return count(world), run_folder(folder, approving=True)


def test_world_is_counted_and_compared_by_the_published_rules(counted: tuple[Expected, Any]) -> None:
    assert_counted(*counted)
    assert assert_compared(counted[1]) > 1000


def findings(marts: Any) -> set[Finding]:
    """What is rejected, but for conflicting versions: no rule says which of two records of one moment is rejected."""
    rows = marts.rows("select source, file, location, field from marts.rejected where rule <> 'conflicting_versions'")
    return {
        Finding(source, file, int(location.rsplit(" ", 1)[1]) - file.endswith(WITH_HEADER), field or "")
        for source, file, location, field in rows
    }


def test_everything_rejected_is_found_and_no_coding_of_the_deleted(counted: tuple[Expected, Any]) -> None:
    expected, marts = counted
    found = findings(marts)
    assert expected.silent
    assert not [finding for finding in sorted(found) if (finding.file, finding.place) in expected.silent]
    missing, extra = sorted(expected.findings - found), sorted(found - expected.findings)
    assert not missing and not extra, f"not found: {missing[:10]}; found for nothing: {extra[:10]}"


def test_nights_of_corrected_and_damaged_files_end_where_one_night_does(tmp_path: Path) -> None:
    """Two codings are corrected; one of them back again and kept under a second name as well. The third is damaged.
    Exports are written over, or come late."""
    first, second = two_nights(draw_world(4))
    write_world(first, tmp_path)
    take_in_folder(tmp_path, approving=True)
    spss, sheet, text = (tmp_path / "inbox" / "coding" / file.names[0] for file in first.coding)
    original = text.read_bytes()

    write_coding(second.coding[0], spss)
    write_coding(second.coding[2], text)
    for file in second.chat:
        write_chat(file, tmp_path)
    take_in_folder(tmp_path, approving=True)

    sheet.write_bytes(b"half a workbook")
    text.write_bytes(original)
    text.with_name("aa_kopie.csv").write_bytes(original)
    marts = run_folder(tmp_path, approving=True)
    last = [second.coding[0], first.coding[1], replace(first.coding[2], names=["aa_kopie.csv", "deel2.csv"])]
    assert_counted(count(Deliveries(first.timezone, first.chat + second.chat, last)), marts)


def test_files_in_any_order_of_nights_make_the_same_warehouse(tmp_path: Path) -> None:
    """Orders of all files of a world, one a night, exports that are written over among them; all marts by row."""
    first, second = two_nights(draw_world(3))
    files = [*first.chat, *second.chat, *first.coding]
    built = []
    for seed in range(cases(2, 5)):
        folder = tmp_path / str(seed)
        (folder / "inbox" / "coding").mkdir(parents=True)
        (folder / "zicht.toml").write_text(configuration(first))
        order = random.Random(seed).sample(files, len(files))
        # Of the contents of one path, the newer one counts where two records have one moment, so it comes later.
        for older, newer in zip([*first.chat, *first.coding], [*second.chat, *first.coding], strict=True):
            early, late = sorted((order.index(older), order.index(newer)))
            order[early], order[late] = older, newer
        # In the first night every source brings something.
        firsts = list({source_of(file): file for file in reversed(order)}.values())
        rest = [file for file in order if file not in firsts]
        for night in [firsts, *([file] for file in rest)]:
            for file in night:
                deliver(file, folder)
            take_in_folder(folder, approving=True)
        built.append(marts_of(run_folder(folder, approving=True)))
    assert built[0].keys() > {"indicators", "measures", "funnel", "volumes", "rejected"}
    for name, rows in built[0].items():
        assert all(other[name] == rows for other in built[1:]), name


def source_of(file: ChatFile | CodingFile) -> str:
    return file.source if isinstance(file, ChatFile) else "coding"


def deliver(file: ChatFile | CodingFile, folder: Path) -> None:
    if isinstance(file, ChatFile):
        write_chat(file, folder)
    else:
        path = folder / "inbox" / "coding" / file.names[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_coding(file, path)


def marts_of(marts: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all marts."""
    names = marts.rows("select table_name from duckdb_tables() where schema_name = 'marts' order by table_name")
    return {name: marts.rows(f"select * from marts.{name} order by all") for (name,) in names}


def two_nights(world: Deliveries) -> tuple[Deliveries, Deliveries]:
    """A world of which each export brings half, and what comes the next night: the other halves, under the same name
    or a new one, and codings in which every row has the answers of the one below it."""
    early = [replace(file, records=file.records[::2]) for file in world.chat]
    late = [
        replace(file, name=f"nacht2/{file.name}" if number % 2 else file.name, records=file.records[1::2])
        for number, file in enumerate(world.chat)
    ]
    codings = [replace(file, names=file.names[:1]) for file in world.coding]
    return Deliveries(world.timezone, early, codings), Deliveries(world.timezone, late, [moved_up(f) for f in codings])


def moved_up(file: CodingFile) -> CodingFile:
    """The same conversations, dates and links with other answers."""
    kept = ("gesprek_id", "gecodeerd_op", "dubbel_van")
    below = file.rows[1:] + file.rows[:1]
    pairs = zip(file.rows, below, strict=True)
    return replace(file, rows=[other | {name: row[name] for name in kept} for row, other in pairs])
