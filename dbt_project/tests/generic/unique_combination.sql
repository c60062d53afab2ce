{#-
    These columns are the key of a model: no two rows have the same values in them. One of the columns is named
    `table`.
-#}
{% test unique_combination(model, columns) %}
select {{ quoted(columns) }}
from {{ model }}
where {{ can_have_a_double(model, columns) }}
group by {{ quoted(columns) }}
having count(*) > 1
{% endtest %}
