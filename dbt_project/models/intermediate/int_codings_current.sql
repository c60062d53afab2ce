-- Select the latest coding of each conversation. It replaces an earlier coding as a whole. This is a view, because
-- nearly all codings are the latest and a table would copy them.
{{ config(materialized='view') }}

select
    gesprek_id,
    source_id,
    delivery_id,
    row_in_file,
    coded_on,
    is_trafficking,
    duplicate_of,
    file_name,
    location
from {{ ref('int_codings_delivered') }}
where is_current and recency = 1
