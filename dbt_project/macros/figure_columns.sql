{#- Return the columns that the landed figures of all registries have, separated by commas. -#}
{% macro figure_columns(table='', without=[]) -%}
    {%- set columns = [
        'publisher', 'edition', 'table_name', 'unit', 'population', 'variable', 'category', 'sex', 'age',
        'reference_year', 'month', 'value_low', 'value_high', 'value', 'is_estimate', 'note', 'sheet', 'cell',
    ] -%}
    {%- for column in columns if column not in without -%}
        {{ table ~ '.' if table }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
