{#- Return the name of a type on the current engine. Contracts and seeds use DuckDB's names. -#}
{% macro engine_type(data_type) -%}
    {{ return(adapter.dispatch('engine_type', 'zicht')(data_type)) }}
{%- endmacro %}

{% macro default__engine_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro postgres__engine_type(data_type) -%}
    {{ return({'double': 'double precision'}.get(data_type, data_type)) }}
{%- endmacro %}

{#- In Spark, varchar needs a length and string does not. -#}
{% macro spark__engine_type(data_type) -%}
    {{ return({'varchar': 'string'}.get(data_type, data_type)) }}
{%- endmacro %}

{% macro double() -%}
    {{ engine_type('double') }}
{%- endmacro %}

{% macro varchar() -%}
    {{ engine_type('varchar') }}
{%- endmacro %}
