{#- Round a double to a number of decimals. -#}
{% macro rounded(value, decimals) -%}
    {{ return(adapter.dispatch('rounded', 'zicht')(value, decimals)) }}
{%- endmacro %}

{% macro default__rounded(value, decimals) -%}
    round({{ value }}, {{ decimals }})
{%- endmacro %}

{#- Postgres rounds a double to whole numbers only, and rounds halves to the even number. -#}
{% macro postgres__rounded(value, decimals) -%}
    cast(round(cast({{ value }} as numeric), {{ decimals }}) as double precision)
{%- endmacro %}

{#- Round half up to a number of decimals. The error of a double lies far beyond the sixth decimal. -#}
{% macro half_up(value, decimals) -%}
    floor({{ rounded(value ~ ' * power(10, ' ~ decimals ~ ')', 6) }} + 0.5) / power(10, {{ decimals }})
{%- endmacro %}
