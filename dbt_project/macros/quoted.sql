{#- A list of columns that may be called as a word of SQL is; each engine quotes in its own way. -#}
{% macro quoted(columns) -%}
    {%- for column in columns -%}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
