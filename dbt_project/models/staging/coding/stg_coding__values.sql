select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    row_number as row_in_file,
    column_name,
    code
from {{ source('landing', 'coding_values') }}
