with ages as (
    select
        members.population,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        ages.variable,
        ages.number_value
    from {{ ref('int_population_members') }} as members
    inner join {{ ref('int_visit_values') }} as ages
        on members.visit_id = ages.visit_id and ages.number_value is not null
    inner join {{ ref('int_periods') }} as periods
        on members.visit_month = periods.month_start
),

statistics as (
    select
        population,
        period_type,
        period_start,
        period_end,
        variable,
        count(*) as n_known,
        cast(sum(number_value) as double) / cast(count(*) as double) as mean,
        percentile_cont(0.5) within group (order by cast(number_value as double)) as median,
        min(number_value) as lowest,
        max(number_value) as highest
    from ages
    group by population, period_type, period_start, period_end, variable
),

long_form as (
    select *, 'n_known' as statistic, cast(n_known as double) as value from statistics
    union all
    select *, 'mean' as statistic, mean as value from statistics
    union all
    select *, 'median' as statistic, median as value from statistics
    union all
    select *, 'min' as statistic, cast(lowest as double) as value from statistics
    union all
    select *, 'max' as statistic, cast(highest as double) as value from statistics
)

select
    'chat' as source,
    population,
    period_type,
    period_start,
    period_end,
    variable,
    statistic,
    value
from long_form
