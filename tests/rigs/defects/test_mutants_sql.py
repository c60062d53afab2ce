"""What a mutant of the SQL is; test_defects.py tries some."""

from rigs.defects.mutants_sql import mutants_of, sql_mutants

SQL = """with marked as (
    select distinct person, min(place) as place
    from {{ ref('visits') }} as visits
    inner join known on visits.id = known.id and (visits.year < 2020 or known.year between 1 and 2)
    where {{ month('a and b') }} is distinct from 'min and max'
    group by person
)

{% for step in ['and', 'or'] %}
select person from marked
where place = 1
union all
{% endfor %}
select person from marked
"""


def test_a_mutant_is_one_change_of_the_sql_and_none_of_jinja_or_text() -> None:
    changed = []
    for mutant in mutants_of("models/model.sql", SQL):
        lines = zip(SQL.splitlines(), mutant.new.splitlines(), strict=True)
        (change,) = (after.strip() for before, after in lines if before != after)
        changed.append((mutant.name.partition(" ")[2], change))
    assert changed == [
        ("no distinct", "select person, min(place) as place"),
        ("max for min", "select distinct person, max(place) as place"),
        (
            "left for inner",
            "left join known on visits.id = known.id and (visits.year < 2020 or known.year between 1 and 2)",
        ),
        ("no on", "inner join known on true and (visits.year < 2020 or known.year between 1 and 2)"),
        (
            "or for and",
            "inner join known on visits.id = known.id or (visits.year < 2020 or known.year between 1 and 2)",
        ),
        ("no on", "inner join known on visits.id = known.id and true"),
        (
            "<= for <",
            "inner join known on visits.id = known.id and (visits.year <= 2020 or known.year between 1 and 2)",
        ),
        (
            "and for or",
            "inner join known on visits.id = known.id and (visits.year < 2020 and known.year between 1 and 2)",
        ),
        ("no where", "where true"),
        ("no where", "where true"),
        ("at least for equal", "where place >= 1"),
    ]


def test_of_several_unions_only_the_last_takes_out_duplicates() -> None:
    (mutant,) = mutants_of("models/model.sql", "select 1 union select 2 union select 3")
    assert mutant.new == "select 1 union select 2 union all select 3"


def test_mutants_are_many_and_each_has_a_name() -> None:
    mutants = sql_mutants()
    assert len({mutant.name for mutant in mutants}) == len(mutants) >= 500
