-- Visitors of a month by category, and how many of them are known at all (category null), in and outside windows.
with known as (
    select visit_id, '' as window_name, variable, category
    from {{ ref('int_visit_categories') }}
    union all
    select visit_id, window_name, variable, category
    from {{ ref('int_window_categories') }}
    union all
    -- Once a variable, however many of its categories are known.
    select distinct visit_id, '' as window_name, variable, cast(null as {{ varchar() }}) as category
    from {{ ref('int_visit_categories') }}
    union all
    select distinct visit_id, window_name, variable, cast(null as {{ varchar() }}) as category
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
