{#-
    Return a list of columns in quotes. A column may have the name of an SQL keyword, and each engine quotes
    differently.
-#}
{% macro quoted(columns) -%}
    {%- for column in columns -%}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
