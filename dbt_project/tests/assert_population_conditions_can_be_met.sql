-- A condition names an existing population and an existing category, or `known`.
select conditions.population, conditions.variable, conditions.category
from {{ ref('population_conditions') }} as conditions
left join {{ ref('populations') }} as populations
    on conditions.population = populations.population
left join {{ ref('categories') }} as categories
    on conditions.variable = categories.variable and conditions.category = categories.category
where
    populations.population is null
    or (categories.category is null and conditions.category <> 'known')
