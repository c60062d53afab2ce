-- Return one row for each conversation: its only record, or the version that counts.
with records as (
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
        deliveries.reading
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
    left join {{ ref('int_conversation_versions') }} as versions
        on conversations.gesprek_id = versions.gesprek_id
    where versions.gesprek_id is null
    union all
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
        reading
    from {{ ref('int_conversation_versions') }}
    where place = 1 and repetition = 1
)

select
    gesprek_id,
    source_id,
    nickname_pseudonym,
    connection_pseudonym,
    started_at,
    cast(started_at_local as date) as started_date,
    cast(extract(year from started_at_local) as integer) as started_year,
    cast(date_trunc('month', started_at_local) as date) as started_month,
    language,
    is_flagged,
    file_name,
    reading
from records
