{#- Round half up to a number of decimals. The error of a double lies far beyond the sixth decimal. -#}
{% macro half_up(value, decimals) -%}
    floor(round({{ value }} * power(10, {{ decimals }}), 6) + 0.5) / power(10, {{ decimals }})
{%- endmacro %}
