-- Count visitors by two variables at once. First count by month, because a month is in up to thirteen periods.
with known as (
    select
        pairs.variable,
        pairs.variable_2,
        visits.visit_id,
        visits.category,
        seconds.category as category_2
    from {{ ref('crosstab_pairs') }} as pairs
    inner join {{ ref('int_visit_categories') }} as visits
        on pairs.variable = visits.variable
    inner join {{ ref('int_visit_categories') }} as seconds
        on pairs.variable_2 = seconds.variable and visits.visit_id = seconds.visit_id
),

counted as (
    select variable, variable_2, visit_id, category, category_2
    from known
    union all
    -- Count a visitor once for each pair, also if several categories are known.
    select distinct variable, variable_2, visit_id, cast(null as string) as category, cast(null as string) as category_2
    from known
),

monthly as (
    select
        members.population,
        members.visit_month,
        counted.variable,
        counted.variable_2,
        counted.category,
        counted.category_2,
        count(*) as n
    from {{ ref('int_population_members') }} as members
    inner join counted
        on members.visit_id = counted.visit_id
    group by
        members.population,
        members.visit_month,
        counted.variable,
        counted.variable_2,
        counted.category,
        counted.category_2
),

counts as (
    select
        monthly.population,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        monthly.variable,
        monthly.variable_2,
        monthly.category,
        monthly.category_2,
        sum(monthly.n) as n
    from monthly
    inner join {{ ref('int_periods') }} as periods
        on monthly.visit_month = periods.month_start and periods.period_type in ('year', 'rolling_year')
    group by
        monthly.population,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        monthly.variable,
        monthly.variable_2,
        monthly.category,
        monthly.category_2
)

select
    bases.population,
    bases.period_type,
    bases.period_start,
    bases.period_end,
    bases.variable,
    firsts.category,
    bases.variable_2,
    seconds.category as category_2,
    cast(coalesce(counts.n, 0) as bigint) as n,
    cast(bases.n as bigint) as n_known_both
from counts as bases
inner join {{ ref('categories') }} as firsts
    on bases.variable = firsts.variable
inner join {{ ref('categories') }} as seconds
    on bases.variable_2 = seconds.variable
left join counts
    on
        bases.population = counts.population
        and bases.period_type = counts.period_type
        and bases.period_start = counts.period_start
        and bases.variable = counts.variable
        and bases.variable_2 = counts.variable_2
        and firsts.category = counts.category
        and seconds.category = counts.category_2
where bases.category is null
