{#-
    Return the hub of a conversation: all conversations of one user name on one platform, or one conversation
    without a user name.
-#}
{% macro hub(conversations) -%}
    coalesce(
        'nickname|' || {{ conversations }}.source_id || '|' || {{ conversations }}.nickname_pseudonym,
        {{ conversations }}.gesprek_id
    )
{%- endmacro %}
