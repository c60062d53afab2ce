select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    {{ figure_columns() }}
from {{ source('landing', 'registry_figures') }}
