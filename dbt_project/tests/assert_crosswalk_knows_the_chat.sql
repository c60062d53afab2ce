-- The chat's rows of the crosswalk agree with its closed lists. Each row is a category, and each category of a mapped
-- variable has a row. The total of a population is not a category of a list.
with labels as (
    select dimension as variable, source_label as category
    from {{ ref('crosswalk') }}
    where source = 'chat' and dimension <> 'total'
),

variables as (
    select distinct variable from labels
    union
    select source_label as variable
    from {{ ref('crosswalk') }}
    where source = 'zicht'
),

listed as (
    select categories.variable, categories.category
    from {{ ref('categories') }} as categories
    inner join variables
        on categories.variable = variables.variable
)

select labels.variable, labels.category
from labels
left join listed
    on labels.variable = listed.variable and labels.category = listed.category
where listed.category is null
union all
select listed.variable, listed.category
from listed
left join labels
    on listed.variable = labels.variable and listed.category = labels.category
where labels.category is null
