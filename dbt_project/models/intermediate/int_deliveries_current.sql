-- Select the deliveries that count, and the name under which each counts. The same bytes under two names count once,
-- under the first name. If a snapshot (such as a coding file) was saved again, only its newest content counts.
-- Conversations and figures are collected from all deliveries.
with receipts as (
    select
        *,
        row_number() over (partition by source_id, file_name order by sequence_number desc) as recency_of_file,
        -- A newer reading (other settings, or a newer version of zicht) has a higher number.
        max(sequence_number) over (partition by source_id, reading) as reading_number
    from {{ ref('stg_landing__receipts') }}
),

counting as (
    select
        source_id,
        kind,
        delivery_id,
        reading,
        reading_number,
        min(file_name) over (partition by source_id, content_hash) as first_name,
        min(case when recency_of_file = 1 then file_name end)
            over (partition by source_id, content_hash) as first_name_of_newest,
        row_number() over (partition by source_id, content_hash order by sequence_number desc) as recency_of_content
    from receipts
    where recency_of_file = 1 or not is_snapshot
)

select
    source_id,
    kind,
    delivery_id,
    coalesce(first_name_of_newest, first_name) as file_name,
    first_name_of_newest is not null as is_newest,
    reading,
    reading_number
from counting
where recency_of_content = 1
