-- Select the latest records of each conversation that was delivered more than once. Of a conversation that was read in
-- several ways, only the newest reading counts. If different records have the same moment of change, the one that sorts
-- last counts.
with records as (
    select conversations.gesprek_id, conversations.updated_at, deliveries.reading_number
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
),

repeated as (
    select gesprek_id, max(reading_number) as reading_number
    from records
    group by gesprek_id
    having count(*) > 1
),

several as (
    select records.gesprek_id, records.reading_number, max(records.updated_at) as updated_at
    from records
    inner join repeated
        on records.gesprek_id = repeated.gesprek_id and records.reading_number = repeated.reading_number
    group by records.gesprek_id, records.reading_number
)

select
    conversations.gesprek_id,
    conversations.source_id,
    conversations.nickname_pseudonym,
    {{ connection_for_coders('conversations') }} as connection_pseudonym,
    conversations.started_at,
    conversations.started_at_local,
    conversations.language,
    conversations.is_flagged,
    deliveries.file_name,
    conversations.location,
    deliveries.reading_number,
    dense_rank() over (
        partition by conversations.gesprek_id
        order by
            conversations.canonical_json desc,
            conversations.nickname_pseudonym desc nulls last,
            conversations.connection_pseudonym desc nulls last
    ) as place,
    row_number() over (
        partition by
            conversations.gesprek_id,
            conversations.canonical_json,
            conversations.nickname_pseudonym,
            conversations.connection_pseudonym
        order by deliveries.file_name, conversations.location
    ) as repetition
from {{ ref('stg_chat__conversations') }} as conversations
inner join {{ ref('int_deliveries_current') }} as deliveries
    on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
inner join several
    on
        conversations.gesprek_id = several.gesprek_id
        and conversations.updated_at = several.updated_at
        and deliveries.reading_number = several.reading_number
