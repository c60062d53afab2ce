{#-
    A ratio lies in its interval. A p-value is a probability and is at most its adjusted value. The columns about
    shares are either all null or all filled. A pair without a reason is comparable, and a reason has a text in both
    languages.
-#}
{% test consistent_comparisons(model) %}
select source, population, period_start, variable, category, basis
from {{ model }}
where
    p_value not between 0 and 1
    or share_p_value not between 0 and 1
    or p_value_adjusted not between p_value and 1
    or share_p_value_adjusted not between share_p_value and 1
    or ratio not between ratio_low and ratio_high
    or share not between share_low and share_high
    or share_previous not between share_low_previous and share_high_previous
    or (ratio is null) <> (n_previous = 0)
    or (share is null) <> (share_p_value is null)
    or is_comparable <> (reason is null)
    or (reason is null) <> (reason_en is null)
    or (reason is null) <> (reason_nl is null)
{% endtest %}
