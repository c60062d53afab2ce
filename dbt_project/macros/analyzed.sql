{#- What an engine needs of a new table to plan joins with it: Postgres does not count its rows by itself in time. -#}
{% macro analyzed() -%}
    {{ return(adapter.dispatch('analyzed', 'zicht')()) }}
{%- endmacro %}

{% macro default__analyzed() -%}
{%- endmacro %}

{% macro postgres__analyzed() -%}
    {%- if config.get('materialized') == 'table' -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
