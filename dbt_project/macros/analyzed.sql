{#-
    Return the statement that lets an engine plan joins with a new table. Postgres does not count the rows of a new
    table in time by itself.
-#}
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
