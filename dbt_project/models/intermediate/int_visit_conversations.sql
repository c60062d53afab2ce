-- Number the flagged conversations of each visit. A visit is a person in a calendar year. The id of a visit is a number
-- in the order of the first conversations. It is short, because every coded value of the visit repeats it.
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
