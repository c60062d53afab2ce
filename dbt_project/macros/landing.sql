{#- Return the source or the delivery of a landed row from its path: <source>/<table>/<delivery>.parquet. -#}
{% macro landed_source(filename) -%}
    {{ first_group(filename, '([^/]+)/[^/]+/[^/]+[.]parquet$') }}
{%- endmacro %}

{% macro landed_delivery(filename) -%}
    {{ first_group(filename, '([^/]+)[.]parquet$') }}
{%- endmacro %}

{#- Return the text that the first group of a pattern matches. -#}
{% macro first_group(value, pattern) -%}
    {{ return(adapter.dispatch('first_group', 'zicht')(value, pattern)) }}
{%- endmacro %}

{% macro default__first_group(value, pattern) -%}
    regexp_extract({{ value }}, '{{ pattern }}', 1)
{%- endmacro %}

{% macro postgres__first_group(value, pattern) -%}
    substring({{ value }} from '{{ pattern }}')
{%- endmacro %}

{#- Return true if a list of texts contains a word. -#}
{% macro list_holds(list, word) -%}
    coalesce({{ adapter.dispatch('list_contains', 'zicht')(list, word) }}, false)
{%- endmacro %}

{% macro default__list_contains(list, word) -%}
    list_contains({{ list }}, '{{ word }}')
{%- endmacro %}

{% macro postgres__list_contains(list, word) -%}
    '{{ word }}' = any({{ list }})
{%- endmacro %}

{% macro spark__list_contains(list, word) -%}
    array_contains({{ list }}, '{{ word }}')
{%- endmacro %}
