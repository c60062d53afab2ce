-- Select what connectors rejected in the deliveries that count.
select distinct
    rejections.source_id,
    deliveries.file_name,
    rejections.location,
    rejections.field,
    rejections.rule
from {{ ref('stg_landing__rejections') }} as rejections
inner join {{ ref('int_deliveries_current') }} as deliveries
    on rejections.source_id = deliveries.source_id and rejections.delivery_id = deliveries.delivery_id
