{#- None of these columns is null in any row. The test reads a model once for all columns. -#}
{% test never_null(model, columns) %}
select {{ quoted(columns) }}
from {{ model }}
where {% for column in columns %}{{ adapter.quote(column) }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
