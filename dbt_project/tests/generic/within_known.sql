{#- No category holds more visitors than the variable is known of, and none is empty of meaning. -#}
{% test within_known(model) %}
select source, population, period_type, period_start, variable, category
from {{ model }}
where n < 0 or n > n_known or n_known <= 0
{% endtest %}
