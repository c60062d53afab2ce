{#- Who codes compares flagged conversations; of the others nobody asks for the connection, so it is not written. -#}
{% macro connection_for_coders(conversations) -%}
    case when {{ conversations }}.is_flagged then {{ conversations }}.connection_pseudonym end
{%- endmacro %}
