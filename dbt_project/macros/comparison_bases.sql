{#- Return the earlier periods with which figures are compared, and the number of months to them. -#}
{% macro comparison_bases() -%}
    (
        values
        ('previous_year', 'year', 12),
        ('previous_month', 'month', 1),
        ('same_month_previous_year', 'month', 12),
        ('same_window_previous_year', 'window', 12),
        ('same_window_previous_year', 'year_to_date', 12)
    ) as bases (basis, period_type, months)
{%- endmacro %}
