-- Count the visitors of a month by category, inside and outside windows. Rows with category null count the visitors for
-- whom the variable is known.
with known as (
    select visit_id, '' as window_name, variable, category
    from {{ ref('int_visit_categories') }}
    union all
    select visit_id, window_name, variable, category
    from {{ ref('int_window_categories') }}
    union all
    -- Count a visitor once for each variable, also if several categories are known.
    select distinct visit_id, '' as window_name, variable, cast(null as string) as category
    from {{ ref('int_visit_categories') }}
    union all
    select distinct visit_id, window_name, variable, cast(null as string) as category
    from {{ ref('int_window_categories') }}
)

select
    members.population,
    members.visit_month,
    known.window_name,
    known.variable,
    known.category,
    count(*) as n
from {{ ref('int_population_members') }} as members
inner join known
    on members.visit_id = known.visit_id
group by members.population, members.visit_month, known.window_name, known.variable, known.category
