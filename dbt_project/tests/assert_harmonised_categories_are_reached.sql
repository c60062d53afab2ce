-- Every harmonised category is in use. Totals and populations are exempt: totals are landed under that word, and
-- layouts also name populations. A variable is in use if labels belong to it.
with reached as (
    select coalesce(dimensions.category, labels.dimension) as dimension, labels.category
    from {{ ref('crosswalk') }} as labels
    left join {{ ref('crosswalk') }} as dimensions
        on
            dimensions.source = 'zicht'
            and dimensions.dimension = 'dimension'
            and labels.dimension = dimensions.source_label
    union
    select 'variable' as dimension, dimension as category from {{ ref('crosswalk') }}
)

select listed.dimension, listed.category
from {{ ref('harmonised_categories') }} as listed
left join reached
    on listed.dimension = reached.dimension and listed.category = reached.category
where reached.category is null and listed.category <> 'total' and listed.dimension <> 'population'
