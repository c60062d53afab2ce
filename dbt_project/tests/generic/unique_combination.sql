{#- A model's key: no two rows with the same values in these columns, one of which is called `table`. -#}
{% test unique_combination(model, columns) %}
select {{ quoted(columns) }}
from {{ model }}
where {{ can_have_a_double(model, columns) }}
group by {{ quoted(columns) }}
having count(*) > 1
{% endtest %}
