select
    {{ figure_columns(without=['table_name']) }},
    country,
    source_file,
    harmonised_category,
    relation,
    is_current,
    has_conflict
from {{ ref('int_registry_vintages') }}
