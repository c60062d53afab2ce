select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    location,
    field,
    rule
from {{ source('landing', 'rejected') }}
