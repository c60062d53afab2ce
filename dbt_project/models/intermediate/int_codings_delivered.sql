-- Select every coded row of the deliveries that count, and check if its conversation is known.
select
    codings.source_id,
    codings.delivery_id,
    codings.row_in_file,
    codings.location,
    deliveries.file_name,
    codings.gesprek_id,
    codings.coded_on,
    codings.is_trafficking,
    codings.duplicate_of,
    conversations.gesprek_id is not null as is_current,
    row_number() over (
        partition by codings.gesprek_id
        order by codings.coded_on desc, deliveries.file_name desc, codings.row_in_file desc, codings.source_id desc
    ) as recency
from {{ ref('stg_coding__codings') }} as codings
inner join {{ ref('int_deliveries_current') }} as deliveries
    on codings.source_id = deliveries.source_id and codings.delivery_id = deliveries.delivery_id
left join {{ ref('int_conversations_current') }} as conversations
    on codings.gesprek_id = conversations.gesprek_id
