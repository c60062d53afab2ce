-- A mass deletion hides conversations until a person has approved it; then they are erased.
with hidden as (
    select {{ landed_source('filename') }} || ':' || conversation_id as gesprek_id
    from {{ source('landing', 'hidden_conversations') }}
),

landed as (
    select
        *,
        {{ landed_source('filename') }} as source_id,
        {{ landed_delivery('filename') }} as delivery_id
    from {{ source('landing', 'conversations') }}
)

select
    source_id,
    delivery_id,
    location,
    conversation_id,
    source_id || ':' || conversation_id as gesprek_id,
    -- The first 128 bits of a pseudonym distinguish names as reliably as all 256 bits. These strings take most of the
    -- storage.
    substring(nickname_pseudonym, 1, 32) as nickname_pseudonym,
    substring(connection_pseudonym, 1, 32) as connection_pseudonym,
    started_at,
    {{ local_timestamp('started_at') }} as started_at_local,
    language,
    {{ for_flags(list_holds, 'source_id', 'tags') }} as is_flagged,
    {{ for_flags(list_resembles, 'source_id', 'tags') }} as resembles_flag,
    updated_at,
    is_deleted,
    canonical_json
from landed
where source_id || ':' || conversation_id not in (select gesprek_id from hidden)
