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
    select gesprek_id, max(updated_at) as updated_at
    from records
    group by gesprek_id
),

standing as (
    select records.*
    from records
    inner join latest
        on records.gesprek_id = latest.gesprek_id and records.updated_at = latest.updated_at
),

-- Nearly every conversation has one record that stands: only the others are put in order.
contested as (
    select gesprek_id
    from standing
    group by gesprek_id
    having count(*) > 1
)

select
    standing.gesprek_id,
    standing.source_id,
    standing.conversation_id,
    standing.nickname_pseudonym,
    standing.connection_pseudonym,
    standing.started_at,
    standing.started_at_local,
    standing.language,
    standing.is_flagged,
    standing.file_name,
    standing.location,
    1 as place,
    1 as repetition
from standing
left join contested
    on standing.gesprek_id = contested.gesprek_id
where contested.gesprek_id is null
union all
select
    standing.gesprek_id,
    standing.source_id,
    standing.conversation_id,
    standing.nickname_pseudonym,
    standing.connection_pseudonym,
    standing.started_at,
    standing.started_at_local,
    standing.language,
    standing.is_flagged,
    standing.file_name,
    standing.location,
    dense_rank() over (
        partition by standing.gesprek_id
        order by
            standing.canonical_json desc,
            standing.nickname_pseudonym desc nulls last,
            standing.connection_pseudonym desc nulls last
    ) as place,
    row_number() over (
        partition by
            standing.gesprek_id,
            standing.canonical_json,
            standing.nickname_pseudonym,
            standing.connection_pseudonym
        order by standing.file_name, standing.location
    ) as repetition
from standing
inner join contested
    on standing.gesprek_id = contested.gesprek_id
