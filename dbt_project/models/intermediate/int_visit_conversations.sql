-- Flagged conversations in the order of their visit: a person in a calendar year. A visit is a number, by when it
-- began, since all that is coded of it repeats its name.
with flagged as (
    select
        *,
        first_value(started_at) over visit as visit_started_at,
        first_value(gesprek_id) over visit as first_gesprek_id,
        row_number() over visit as place
    from {{ ref('int_persons') }}
    where is_flagged
    window
        visit as (
            partition by person_id, started_year
            order by started_at, gesprek_id
        )
)

select
    gesprek_id,
    dense_rank() over (order by visit_started_at, first_gesprek_id) as visit_id,
    source_id,
    started_date,
    started_year,
    started_month,
    language,
    place
from flagged
