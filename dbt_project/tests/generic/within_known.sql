{#-
    No category has more visitors than those for whom the variable is known. No count is negative, and the base is
    never 0.
-#}
{% test within_known(model) %}
select source, population, period_type, period_start, variable, category
from {{ model }}
where n < 0 or n > n_known or n_known <= 0
{% endtest %}
