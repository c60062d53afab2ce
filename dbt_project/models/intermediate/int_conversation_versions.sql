-- The latest records of each conversation that came in more than one. Of several different records of one moment the
-- one that sorts last counts.
with records as (
    select
        conversations.*,
        deliveries.file_name
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
),

several as (
    select gesprek_id, max(updated_at) as updated_at
    from records
    group by gesprek_id
    having count(*) > 1
)

select
    records.gesprek_id,
    records.source_id,
    records.nickname_pseudonym,
    records.started_at,
    records.started_at_local,
    records.language,
    records.is_flagged,
    records.file_name,
    records.location,
    dense_rank() over (
        partition by records.gesprek_id
        order by
            records.canonical_json desc,
            records.nickname_pseudonym desc nulls last,
            records.connection_pseudonym desc nulls last
    ) as place,
    row_number() over (
        partition by
            records.gesprek_id,
            records.canonical_json,
            records.nickname_pseudonym,
            records.connection_pseudonym
        order by records.file_name, records.location
    ) as repetition
from records
inner join several
    on records.gesprek_id = several.gesprek_id and records.updated_at = several.updated_at
