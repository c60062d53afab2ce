select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    edition,
    iso3,
    country,
    indicator,
    dimension,
    category,
    sex,
    age,
    reference_year,
    value_low,
    value_high,
    value,
    sheet,
    cell
from {{ source('landing', 'figures') }}
