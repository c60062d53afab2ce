{#- Which source and which delivery a landed row came with: <source>/<table>/<delivery>.parquet. -#}
{% macro landed_source(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)/[^/]+/[^/]+[.]parquet$', 1)
{%- endmacro %}

{% macro landed_delivery(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)[.]parquet$', 1)
{%- endmacro %}

{#- Whether a list of text holds a word. -#}
{% macro list_holds(list, word) -%}
    coalesce(list_contains({{ list }}, '{{ word }}'), false)
{%- endmacro %}
