-- Flagged conversations in the order of their visit: a person in a calendar year, called as the first of them.
select
    gesprek_id,
    first_value(gesprek_id) over visit as visit_id,
    source_id,
    started_date,
    started_year,
    started_month,
    language,
    row_number() over visit as place
from {{ ref('int_persons') }}
where is_flagged
window
    visit as (
        partition by person_id, started_year
        order by started_at, gesprek_id
    )
