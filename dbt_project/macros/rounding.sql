{#- A double rounded to a number of decimals. -#}
{% macro rounded(value, decimals) -%}
    {{ return(adapter.dispatch('rounded', 'zicht')(value, decimals)) }}
{%- endmacro %}

{% macro default__rounded(value, decimals) -%}
    round({{ value }}, {{ decimals }})
{%- endmacro %}

{#- Postgres rounds a double to whole numbers only, and to the even one of two. -#}
{% macro postgres__rounded(value, decimals) -%}
    cast(round(cast({{ value }} as numeric), {{ decimals }}) as double precision)
{%- endmacro %}

{#- Rounded half up at a number of decimals. What a double is off by lies far behind the sixth decimal. -#}
{% macro half_up(value, decimals) -%}
    floor({{ rounded(value ~ ' * power(10, ' ~ decimals ~ ')', 6) }} + 0.5) / power(10, {{ decimals }})
{%- endmacro %}
