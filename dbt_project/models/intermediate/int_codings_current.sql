-- The latest coding of each conversation; it replaces an earlier one whole. Not a table: nearly all are the latest.
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
