{#- Rounded half up at a number of decimals. What a double is off by lies far behind the sixth decimal. -#}
{% macro half_up(value, decimals) -%}
    floor(round({{ value }} * power(10, {{ decimals }}), 6) + 0.5) / power(10, {{ decimals }})
{%- endmacro %}
