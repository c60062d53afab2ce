{#- Holds together all conversations of one user name on one platform; a nameless conversation is a hub of its own. -#}
{% macro hub(conversations) -%}
    coalesce(
        'nickname|' || {{ conversations }}.source_id || '|' || {{ conversations }}.nickname_pseudonym,
        {{ conversations }}.gesprek_id
    )
{%- endmacro %}
