{#-
    Keep the connection of flagged conversations only. Researchers compare these conversations, and nothing needs
    the connection of others.
-#}
{% macro connection_for_coders(conversations) -%}
    case when {{ conversations }}.is_flagged then {{ conversations }}.connection_pseudonym end
{%- endmacro %}
