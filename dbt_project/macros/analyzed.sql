{#- After a table is made: what an engine needs to plan joins with it well. Postgres does not count rows by itself in time. -#}
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
