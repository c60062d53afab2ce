-- Select what connectors rejected in the deliveries that count. Of a chat export that was written over, only the newest
-- content is looked at: people cannot find the older lines any more.
select distinct
    rejections.source_id,
    deliveries.file_name,
    rejections.location,
    rejections.field,
    rejections.rule
from {{ ref('stg_landing__rejections') }} as rejections
inner join {{ ref('int_deliveries_current') }} as deliveries
    on rejections.source_id = deliveries.source_id and rejections.delivery_id = deliveries.delivery_id
where deliveries.is_newest or deliveries.kind <> 'chat'
