{#- Return the staging query of a registry that lands `<kind>_figures`, all about one country (ISO 3166 alpha-3). -#}
{% macro registry_figures(kind, country) -%}
select
    {{ landed_source('filename') }} as source_id,
    {{ landed_delivery('filename') }} as delivery_id,
    publisher,
    edition,
    table_name,
    '{{ country }}' as country,
    unit,
    population,
    variable,
    category,
    sex,
    age,
    reference_year,
    month as reference_month,
    value_low,
    value_high,
    value,
    is_estimate,
    note,
    sheet,
    cell
from {{ source('landing', kind ~ '_figures') }}
{%- endmacro %}
