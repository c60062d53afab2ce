{#-
    Call exact statistics of counts (flows/warehouse/statistics.py). The engine knows these functions: DuckDB from
    the plugin that profiles.yml names, another engine from its own session. Call them on distinct arguments.
-#}

{#- Return the p-value of two counts over equal exposure. -#}
{% macro counts_p_value(n, n_previous) -%}
    poisson_p(cast({{ n }} as bigint), cast({{ n_previous }} as bigint))
{%- endmacro %}

{#- Return a bound of the 95 % interval of n / n_previous; null if n_previous is 0. -#}
{% macro ratio_low(n, n_previous) -%}
    ratio_low(cast({{ n }} as bigint), nullif(cast({{ n_previous }} as bigint), 0))
{%- endmacro %}

{% macro ratio_high(n, n_previous) -%}
    ratio_high(cast({{ n }} as bigint), nullif(cast({{ n_previous }} as bigint), 0))
{%- endmacro %}

{#- Return a bound of the 95 % interval of n / n_known; null if n_known is 0. -#}
{% macro share_low(n, n_known) -%}
    share_low(cast({{ n }} as bigint), nullif(cast({{ n_known }} as bigint), 0))
{%- endmacro %}

{% macro share_high(n, n_known) -%}
    share_high(cast({{ n }} as bigint), nullif(cast({{ n_known }} as bigint), 0))
{%- endmacro %}

{#- Return the p-value of two shares; null if either base is 0. -#}
{% macro shares_p_value(n, n_known, n_previous, n_known_previous) -%}
    fisher_p(
        cast({{ n }} as bigint),
        nullif(cast({{ n_known }} as bigint), 0),
        cast({{ n_previous }} as bigint),
        nullif(cast({{ n_known_previous }} as bigint), 0)
    )
{%- endmacro %}

{#-
    Adjust p-values within families by the method of Benjamini and Hochberg. Return one row for each distinct
    p-value of a family. First multiply each p-value by the size of its family and divide it by the number of
    p-values up to it. Then take the smallest result from this p-value upwards, at most 1.
-#}
{% macro adjusted_p_values(tests, p_value, family) -%}
    select
        {{ family | join(', ') }},
        {{ p_value }},
        least(1.0, min(stepped) over (partition by {{ family | join(', ') }} order by {{ p_value }} desc)) as adjusted
    from (
        select
            *,
            {{ p_value }} * (
                cast(sum(n_tests) over (partition by {{ family | join(', ') }}) as double)
                / sum(n_tests) over (partition by {{ family | join(', ') }} order by {{ p_value }})
            ) as stepped
        from (
            select {{ family | join(', ') }}, {{ p_value }}, count(*) as n_tests
            from {{ tests }}
            where {{ p_value }} is not null
            group by {{ family | join(', ') }}, {{ p_value }}
        ) as distinct_p_values
    ) as stepped_p_values
{%- endmacro %}
