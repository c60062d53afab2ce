-- Select the latest records of each conversation that was delivered more than once. Of a conversation that was read in
-- several ways, only the newest reading counts. If different records have the same moment of change, the record of a
-- file's newer content replaces the record of its older content. Of the others, the one that sorts last counts.
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
),

latest as (
    select
        conversations.gesprek_id,
        conversations.source_id,
        conversations.delivery_id,
        conversations.nickname_pseudonym,
        conversations.connection_pseudonym as whole_connection_pseudonym,
        {{ connection_for_coders('conversations') }} as connection_pseudonym,
        conversations.started_at,
        conversations.started_at_local,
        conversations.language,
        conversations.is_flagged,
        conversations.canonical_json,
        deliveries.file_name,
        conversations.location,
        deliveries.reading,
        deliveries.reading_number
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
    inner join several
        on
            conversations.gesprek_id = several.gesprek_id
            and conversations.updated_at = several.updated_at
            and deliveries.reading_number = several.reading_number
),

-- The same bytes can be contents of several files.
contents as (
    select source_id, delivery_id, file_name, max(sequence_number) as sequence_number
    from {{ ref('stg_landing__receipts') }}
    group by source_id, delivery_id, file_name
),

ages as (
    select
        latest.gesprek_id,
        latest.delivery_id,
        contents.sequence_number
        < max(contents.sequence_number) over (partition by latest.gesprek_id, contents.file_name) as is_older
    from latest
    inner join contents
        on latest.source_id = contents.source_id and latest.delivery_id = contents.delivery_id
),

older as (
    select distinct gesprek_id, delivery_id
    from ages
    where is_older
),

aged as (
    select
        latest.*,
        case when older.gesprek_id is null then 0 else 1 end as age,
        -- A record that another file still brings is not replaced.
        min(case when older.gesprek_id is null then 0 else 1 end) over (
            partition by
                latest.gesprek_id,
                latest.canonical_json,
                latest.nickname_pseudonym,
                latest.whole_connection_pseudonym
        ) as least_age
    from latest
    left join older
        on latest.gesprek_id = older.gesprek_id and latest.delivery_id = older.delivery_id
)

select
    gesprek_id,
    source_id,
    nickname_pseudonym,
    connection_pseudonym,
    started_at,
    started_at_local,
    language,
    is_flagged,
    file_name,
    location,
    reading,
    reading_number,
    dense_rank() over (
        partition by gesprek_id
        order by
            least_age asc,
            canonical_json desc,
            nickname_pseudonym desc nulls last,
            whole_connection_pseudonym desc nulls last
    ) as place,
    row_number() over (
        partition by gesprek_id, canonical_json, nickname_pseudonym, whole_connection_pseudonym
        order by age, file_name, location
    ) as repetition
from aged
