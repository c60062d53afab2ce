-- The records that say the latest of a conversation. Of several different records of one moment the one that sorts
-- last counts.
with records as (
    select
        conversations.*,
        deliveries.file_name
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
),

latest as (
    select
        records.*,
        rank() over (partition by records.gesprek_id order by records.updated_at desc) as recency
    from records
)

select
    gesprek_id,
    source_id,
    conversation_id,
    nickname_pseudonym,
    connection_pseudonym,
    started_at,
    started_at_local,
    language,
    is_flagged,
    file_name,
    location,
    dense_rank() over (
        partition by gesprek_id
        order by canonical_json desc, nickname_pseudonym desc nulls last, connection_pseudonym desc nulls last
    ) as place,
    row_number() over (
        partition by gesprek_id, canonical_json, nickname_pseudonym, connection_pseudonym
        order by file_name, location
    ) as repetition
from latest
where recency = 1
