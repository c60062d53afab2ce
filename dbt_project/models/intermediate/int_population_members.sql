-- Assign visitors to populations. A visitor belongs to a population if all its conditions are met. A population without
-- conditions contains every visitor.
with conditions as (
    select
        populations.population,
        count(conditions.variable) as n_conditions
    from {{ ref('populations') }} as populations
    left join {{ ref('population_conditions') }} as conditions
        on populations.population = conditions.population
    group by populations.population
),

met as (
    select distinct
        conditions.population,
        conditions.variable,
        conditions.category,
        known.visit_id
    from {{ ref('population_conditions') }} as conditions
    inner join {{ ref('int_visit_categories') }} as known
        on
            conditions.variable = known.variable
            and (conditions.category = known.category or conditions.category = 'known')
),

members as (
    select met.population, met.visit_id
    from met
    inner join conditions
        on met.population = conditions.population
    group by met.population, met.visit_id, conditions.n_conditions
    having count(*) = conditions.n_conditions
    union all
    select conditions.population, visits.visit_id
    from {{ ref('int_visits') }} as visits
    cross join conditions
    where visits.step = 'visitor' and conditions.n_conditions = 0
)

select members.population, members.visit_id, visits.visit_month
from members
inner join {{ ref('int_visits') }} as visits
    on members.visit_id = visits.visit_id
