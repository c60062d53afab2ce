{#- Return a condition that keeps only rows whose key may occur more than once. -#}
{% macro can_have_a_double(model, columns) -%}
    {{ return(adapter.dispatch('can_have_a_double', 'zicht')(model, columns)) }}
{%- endmacro %}

{% macro default__can_have_a_double(model, columns) -%}
    true
{%- endmacro %}

{#- Keys are long, and a hash of eight bytes takes a third of the time. Only keys with the same hash are compared. -#}
{% macro duckdb__can_have_a_double(model, columns) -%}
    hash({{ quoted(columns) }}) in (
        select hash({{ quoted(columns) }}) from {{ model }} group by hash({{ quoted(columns) }}) having count(*) > 1
    )
{%- endmacro %}
