{#- Return the configured countries as a list of text literals. -#}
{% macro shown_countries() -%}
    {%- for country in env_var('ZICHT_DBT_COUNTRIES', 'NLD').split(',') -%}
        '{{ country }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
