"""Defects that a change could introduce, each a small edit of SQL, of a seed, or of the release.

The checks that run in production must stop the publication: the tests and unit tests of dbt, contracts, and the gate of
the release.
"""

from dataclasses import dataclass

MODELS = "dbt_project/models/"
INTERMEDIATE, MARTS = MODELS + "intermediate/", MODELS + "marts/"
STAGING, MACROS, RELEASE = MODELS + "staging/", "dbt_project/macros/", "flows/release/"


@dataclass(frozen=True)
class Defect:
    """A defect: the first `old` in `file` becomes `new`."""

    name: str
    file: str
    old: str
    new: str

    @property
    def is_of_the_release(self) -> bool:
        """Return whether only a release can show the defect, because it is not in SQL or a seed."""
        return self.file.startswith("flows/")


def _of(file: str, *defects: tuple[str, str, str]) -> list[Defect]:
    return [Defect(name, file, old, new) for name, old, new in defects]


DEFECTS = [
    *_of(
        INTERMEDIATE + "int_deliveries_current.sql",
        ("a coding file saved again counts twice", "where recency_of_file = 1 or not is_snapshot", ""),
        ("the same bytes count twice", "where recency_of_content = 1", "where true"),
        ("the oldest content counts", "order by sequence_number desc) as", "order by sequence_number) as"),
    ),
    *_of(
        INTERMEDIATE + "int_conversation_versions.sql",
        ("the earliest record counts", "max(records.updated_at)", "min(records.updated_at)"),
        ("the oldest reading counts", "max(reading_number)", "min(reading_number)"),
        ("a fan-out join over deliveries", " and conversations.delivery_id = deliveries.delivery_id", ""),
    ),
    *_of(
        INTERMEDIATE + "int_conversations_current.sql",
        ("what came more than once counts once more", "where versions.gesprek_id is null", ""),
        ("deliveries of other sources count", " and conversations.delivery_id = deliveries.delivery_id", ""),
        ("duplicate keys", "where place = 1 and repetition = 1", "where place = 1"),
        ("the year of another clock", "extract(year from started_at_local)", "extract(year from started_at)"),
        ("the month of another clock", "date_trunc('month', started_at_local)", "date_trunc('month', started_at)"),
    ),
    *_of(
        MACROS + "hub.sql", ("one name on two platforms is one person", " || {{ conversations }}.source_id || '|'", "")
    ),
    *_of(
        STAGING + "chat/stg_chat__conversations.sql",
        ("another tag flags", "for_flags(list_holds,", "for_flags(list_resembles,"),
        ("ids without their source", "source_id || ':' || conversation_id", "conversation_id"),
    ),
    *_of(MACROS + "calendar.sql", ("another time zone", "env_var('ZICHT_DBT_TIMEZONE', 'Europe/Amsterdam')", "'UTC'")),
    *_of(MACROS + "connected_components.sql", ("chains of persons are cut", "turns=24", "turns=1")),
    *_of(
        INTERMEDIATE + "int_hub_links.sql",
        ("a link is counted twice", "select distinct", "select"),
        ("nobody is joined", "}} <> {{", "}} = {{"),
    ),
    *_of(INTERMEDIATE + "int_persons.sql", ("left join becomes inner", "left join", "inner join")),
    *_of(
        INTERMEDIATE + "int_codings_delivered.sql",
        ("the earliest coding counts", "codings.coded_on desc", "codings.coded_on"),
        ("codings are lost", "left join {{", "inner join {{"),
    ),
    *_of(
        INTERMEDIATE + "int_codings_current.sql",
        ("codings of the erased count", "where is_current and recency = 1", "where recency = 1"),
    ),
    *_of(
        INTERMEDIATE + "int_visit_conversations.sql",
        ("unflagged conversations are counted", "where is_flagged", ""),
        ("a visit is not of a year", "partition by person_id, started_year", "partition by person_id"),
        ("a visit begins with its last", "order by started_at,", "order by started_at desc,"),
    ),
    *_of(
        INTERMEDIATE + "int_visits.sql",
        ("no wins over yes", "2 when not codings.is_trafficking then 1", "1 when not codings.is_trafficking then 2"),
        ("the uncoded are lost", "left join {{ ref('int_codings_current'", "inner join {{ ref('int_codings_current'"),
        ("every conversation is a visit", "where first_conversations.place = 1", ""),
    ),
    *_of(
        INTERMEDIATE + "int_visit_values.sql",
        ("the last value known counts", "order by place) as place_known", "order by place desc) as place_known"),
        ("marks of the first coding only", "where kind = 'multiple' or place_known = 1", "where place_known = 1"),
        ("codes of any column", "cells.column_name = codebook.column_name\n            and ", ""),
        ("values of other than visitors", " and visits.step = 'visitor'", ""),
    ),
    *_of(
        INTERMEDIATE + "int_visit_forms.sql",
        ("no form is no sexual one", "n_marked = 0 or (n_marked = 1 and sexual = 1)", "n_marked = 1 and sexual = 1"),
        ("a combination is sexual", "n_marked = 0 or (n_marked = 1 and sexual = 1)", "n_marked = 0 or sexual = 1"),
    ),
    *_of(INTERMEDIATE + "int_visit_categories.sql", ("null categories", "where category is not null", "")),
    *_of(
        INTERMEDIATE + "int_window_categories.sql",
        ("a wrong bound of the window", "when start_month >= first_month", "when start_month > first_month"),
        ("what began later is known", "where start_month <= last_month", ""),
    ),
    *_of(
        INTERMEDIATE + "int_population_members.sql",
        ("any condition is enough", "having count(*) = conditions.n_conditions", ""),
    ),
    *_of(
        INTERMEDIATE + "int_monthly_counts.sql",
        ("known once a category", "select distinct visit_id, '' as window_name", "select visit_id, '' as window_name"),
        ("windows are lost", "    select visit_id, window_name", "    select visit_id, '' as window_name"),
    ),
    *_of(
        INTERMEDIATE + "int_periods.sql",
        ("a year without December", "as window_name, 1 as first_month, 12", "as window_name, 1 as first_month, 11"),
        ("a year to date without an end", "<= last_known.last_month", ">= last_known.last_month"),
    ),
    *_of(
        MARTS + "indicators.sql",
        ("categories with 0 are lost", "left join counts\n", "inner join counts\n"),
        ("windows of another name", "and (monthly.window_name = periods.window_name or monthly.window_name = '')", ""),
        ("shares of all instead of the known", "/ cast(expected.n_known as", "/ cast(expected.n_known + 1 as"),
    ),
    *_of(
        MARTS + "measures.sql",
        (
            "a mean of the wrong base",
            "cast(sum(number_value) as double) / cast(count(*) as double)",
            "avg(distinct number_value)",
        ),
    ),
    *_of(
        MARTS + "funnel.sql",
        ("the first conversation is a duplicate", "where place > 1", "where place >= 1"),
        ("steps are lost", "left join counts", "inner join counts"),
    ),
    *_of(
        MARTS + "volumes.sql",
        ("persons counted once a month", "or months.month_before < periods.period_start", "or true"),
        ("persons counted in their first month alone", "or months.month_before < periods.period_start", ""),
    ),
    *_of(
        MARTS + "coverage.sql",
        ("over the wrong total", "as double) / totals.total as share", "as double) / totals.total_high as share"),
    ),
    *_of(
        MACROS + "comparison_bases.sql",
        ("the wrong year before", "('previous_year', 'year', 12)", "('previous_year', 'year', 24)"),
    ),
    *_of(
        MARTS + "comparisons.sql",
        ("a difference the wrong way round", "    n - n_previous as difference", "    n_previous - n as difference"),
    ),
    *_of(
        INTERMEDIATE + "int_registry_figures.sql",
        (
            "labels of any year",
            "and figures.reference_year between {{ found }}.valid_from and {{ found }}.valid_to",
            "",
        ),
    ),
    *_of(
        INTERMEDIATE + "int_registry_vintages.sql",
        ("the oldest edition is current", "order by published_on desc nulls last", "order by published_on nulls last"),
    ),
    *_of(
        "seeds/crosswalk.csv",
        ("a wrong row of the crosswalk", "chat,form,labour,,,labour,exact", "chat,form,labour,,,labor,exact"),
    ),
    *_of("seeds/derivations.csv", ("18 is a minor", "minor,yes,age,,0,17", "minor,yes,age,,0,18")),
    *_of("seeds/population_conditions.csv", ("a condition too few", "sexual_victims,role,victim\n", "")),
    *_of("seeds/windows.csv", ("a window of another bound", "mar_dec,3,12", "mar_dec,2,12")),
    *_of(
        "seeds/codebook.csv",
        ("a code of two meanings", "role,single,rol,1,Slachtoffer,Victim", "role,single,rol,2,Slachtoffer,Victim"),
    ),
    *_of(
        "seeds/glotip_indicators.csv",
        ("another unit of UNODC's", "Detected trafficking victims,victim,", "Detected trafficking victims,person,"),
    ),
    *_of(
        RELEASE + "disclosure/protect.py",
        ("rounding to 1", "return (2 * n + base) // (2 * base) * base", "return n"),
        ("small counts are shown", "return rounded if rounded >= rule.smallest_shown else None", "return rounded"),
        ("shares of true counts", "share = protect_share(n, n_known, rule)", "share = count.n / (count.n_known or 1)"),
    ),
    *_of(
        "seeds/disclosure_policy.csv",
        ("a policy without protection", "year,5,10,50,50,12", "year,1,1,1,1,12"),
        ("plain rounding", "year,5,10,50,50,12", "year,5,5,50,50,12"),
    ),
]
