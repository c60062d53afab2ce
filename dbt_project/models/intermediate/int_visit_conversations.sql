-- Flagged conversations in the order of their visit: a person in a calendar year, called as the first of them.
select
    conversations.gesprek_id,
    first_value(conversations.gesprek_id) over visit as visit_id,
    persons.person_id,
    conversations.source_id,
    conversations.started_date,
    conversations.started_year,
    conversations.started_month,
    conversations.language,
    row_number() over visit as place
from {{ ref('int_conversations_current') }} as conversations
inner join {{ ref('int_persons') }} as persons
    on conversations.gesprek_id = persons.gesprek_id
where conversations.is_flagged
window
    visit as (
        partition by persons.person_id, conversations.started_year
        order by conversations.started_at, conversations.gesprek_id
    )
