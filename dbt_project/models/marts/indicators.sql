with counts as (
    select
        monthly.population,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        monthly.variable,
        monthly.category,
        sum(monthly.n) as n
    from {{ ref('int_monthly_counts') }} as monthly
    inner join {{ ref('int_periods') }} as periods
        on
            monthly.visit_month = periods.month_start
            and (monthly.window_name = periods.window_name or monthly.window_name = '')
    group by
        monthly.population,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        monthly.variable,
        monthly.category
),

known as (
    select population, period_type, period_start, period_end, variable, n as n_known
    from counts
    where category is null
),

-- Every visitor has a form group.
sizes as (
    select population, period_type, period_start, period_end, n_known as n_population
    from known
    where variable = 'form_group'
),

-- Show all categories of a closed list. For open lists (languages, platforms), show only categories that occur.
expected as (
    select known.*, categories.category
    from known
    inner join {{ ref('categories') }} as categories
        on known.variable = categories.variable
    union
    select known.*, counts.category
    from known
    inner join counts
        on
            known.population = counts.population
            and known.period_type = counts.period_type
            and known.period_start = counts.period_start
            and known.period_end = counts.period_end
            and known.variable = counts.variable
            and counts.category is not null
)

select
    'chat' as source,
    'visitor' as unit,
    expected.population,
    expected.period_type,
    expected.period_start,
    expected.period_end,
    expected.variable,
    expected.category,
    cast(coalesce(counts.n, 0) as bigint) as n,
    cast(expected.n_known as bigint) as n_known,
    cast(coalesce(counts.n, 0) as double) / cast(expected.n_known as double) as share,
    cast(sizes.n_population as bigint) as n_population,
    cast(sizes.n_population - expected.n_known as bigint) as n_unknown,
    states.n_uncoded,
    states.state,
    states.reason
from expected
left join sizes using (population, period_type, period_start, period_end)
left join {{ ref('int_period_states') }} as states
    on
        states.source = 'chat'
        and expected.period_type = states.period_type
        and expected.period_start = states.period_start
        and expected.period_end = states.period_end
left join counts
    on
        expected.population = counts.population
        and expected.period_type = counts.period_type
        and expected.period_start = counts.period_start
        and expected.period_end = counts.period_end
        and expected.variable = counts.variable
        and expected.category = counts.category
