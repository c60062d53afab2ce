select
    gesprek_id,
    source_id,
    conversation_id,
    nickname_pseudonym,
    connection_pseudonym,
    -- The hub that holds together all conversations of one user name; a nameless conversation is a hub of its own.
    coalesce('nickname|' || source_id || '|' || nickname_pseudonym, gesprek_id) as hub_id,
    started_at,
    cast(started_at_local as date) as started_date,
    cast(extract(year from started_at_local) as integer) as started_year,
    cast(date_trunc('month', started_at_local) as date) as started_month,
    language,
    is_flagged
from {{ ref('int_conversation_versions') }}
where place = 1 and repetition = 1
