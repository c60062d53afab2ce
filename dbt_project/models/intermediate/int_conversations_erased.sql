select distinct conversations.gesprek_id
from {{ ref('stg_chat__conversations') }} as conversations
inner join {{ ref('int_deliveries_current') }} as deliveries
    on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
where conversations.is_deleted
