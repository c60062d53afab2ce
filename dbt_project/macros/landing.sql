{#- Return the source or the delivery of a landed row from its path: <source>/<table>/<delivery>.parquet. -#}
{% macro landed_source(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)/[^/]+/[^/]+[.]parquet$', 1)
{%- endmacro %}

{% macro landed_delivery(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)[.]parquet$', 1)
{%- endmacro %}

{#- Return true if a list of texts contains a word. -#}
{% macro list_holds(list, word) -%}
    coalesce({{ adapter.dispatch('list_contains', 'zicht')(list, word) }}, false)
{%- endmacro %}

{% macro default__list_contains(list, word) -%}
    list_contains({{ list }}, '{{ word }}')
{%- endmacro %}

{% macro spark__list_contains(list, word) -%}
    array_contains({{ list }}, '{{ word }}')
{%- endmacro %}
