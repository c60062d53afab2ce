{#- All of these columns are known in every row: one look at a model, however many they are. -#}
{% test never_null(model, columns) %}
select {{ quoted(columns) }}
from {{ model }}
where {% for column in columns %}{{ adapter.quote(column) }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
