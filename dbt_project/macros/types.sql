{#- Types as the engine at hand calls them. Contracts and seeds name them as DuckDB does. -#}
{% macro engine_type(data_type) -%}
    {{ return(adapter.dispatch('engine_type', 'zicht')(data_type)) }}
{%- endmacro %}

{% macro default__engine_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro postgres__engine_type(data_type) -%}
    {{ return({'double': 'double precision'}.get(data_type, data_type)) }}
{%- endmacro %}

{#- Spark's varchar has a length, its string has none. -#}
{% macro spark__engine_type(data_type) -%}
    {{ return({'varchar': 'string'}.get(data_type, data_type)) }}
{%- endmacro %}

{% macro double() -%}
    {{ engine_type('double') }}
{%- endmacro %}

{% macro varchar() -%}
    {{ engine_type('varchar') }}
{%- endmacro %}
