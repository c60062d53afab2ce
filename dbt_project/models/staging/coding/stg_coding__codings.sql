select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    row_number as row_in_file,
    location,
    gesprek_id,
    coded_on,
    is_trafficking,
    duplicate_of
from {{ source('landing', 'codings') }}
