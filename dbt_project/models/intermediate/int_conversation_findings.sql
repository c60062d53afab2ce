-- Collect what is odd about conversations that are kept. A platform that uses an id again, or an export that merged
-- several ids into one, gives one id to two conversations. A tag such as `geen mensenhandel` does not flag a
-- conversation, but a tag such as `mensenhandel (lg)` may have to. The tags of an older content of a file are no
-- finding if the file's newest content has the conversation again.
{{ config(materialized='view') }}

with records as (
    select
        conversations.source_id,
        deliveries.file_name,
        conversations.location,
        conversations.gesprek_id,
        conversations.nickname_pseudonym,
        conversations.started_at,
        conversations.resembles_flag,
        deliveries.is_newest,
        deliveries.reading_number
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
),

counting as (
    select gesprek_id, nickname_pseudonym, started_at, reading_number
    from {{ ref('int_conversation_versions') }}
    where place = 1 and repetition = 1
)

select source_id, file_name, location, 'updated_at' as field, 'conflicting_versions' as rule
from {{ ref('int_conversation_versions') }}
where place > 1 and repetition = 1
union
select records.source_id, records.file_name, records.location, 'conversation_id' as field, 'reused_id' as rule
from records
inner join counting
    on records.gesprek_id = counting.gesprek_id and records.reading_number = counting.reading_number
where
    records.started_at <> counting.started_at
    and coalesce(records.nickname_pseudonym, '') <> coalesce(counting.nickname_pseudonym, '')
union
select records.source_id, records.file_name, records.location, 'tags' as field, 'tag_resembles_flag' as rule
from records
left join records as newest
    on
        records.gesprek_id = newest.gesprek_id
        and records.file_name = newest.file_name
        and newest.is_newest
where records.resembles_flag and (records.is_newest or newest.gesprek_id is null)
