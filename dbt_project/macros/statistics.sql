{#-
    Exact statistics of counts (flows/warehouse/statistics.py). The engine knows the functions: DuckDB from the plugin that
    profiles.yml names, another engine from its own session. Evaluate them on distinct arguments.
-#}

{#- The p-value of two counts over equal exposure. -#}
{% macro counts_p_value(n, n_previous) -%}
    poisson_p(cast({{ n }} as bigint), cast({{ n_previous }} as bigint))
{%- endmacro %}

{#- The 95 % interval of n / n_previous; null where n_previous is 0. -#}
{% macro ratio_low(n, n_previous) -%}
    ratio_low(cast({{ n }} as bigint), nullif(cast({{ n_previous }} as bigint), 0))
{%- endmacro %}

{% macro ratio_high(n, n_previous) -%}
    ratio_high(cast({{ n }} as bigint), nullif(cast({{ n_previous }} as bigint), 0))
{%- endmacro %}

{#- The 95 % interval of n / n_known; null where n_known is 0. -#}
{% macro share_low(n, n_known) -%}
    share_low(cast({{ n }} as bigint), nullif(cast({{ n_known }} as bigint), 0))
{%- endmacro %}

{% macro share_high(n, n_known) -%}
    share_high(cast({{ n }} as bigint), nullif(cast({{ n_known }} as bigint), 0))
{%- endmacro %}

{#- The p-value of two shares; null where either base is 0. -#}
{% macro shares_p_value(n, n_known, n_previous, n_known_previous) -%}
    fisher_p(
        cast({{ n }} as bigint),
        nullif(cast({{ n_known }} as bigint), 0),
        cast({{ n_previous }} as bigint),
        nullif(cast({{ n_known_previous }} as bigint), 0)
    )
{%- endmacro %}

{#-
    p-values adjusted after Benjamini and Hochberg within families, one row a different p-value of a family: it times the
    size of its family over the number of p-values up to it, then the least of these from it upwards.
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
                cast(sum(n_tests) over (partition by {{ family | join(', ') }}) as {{ double() }})
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
