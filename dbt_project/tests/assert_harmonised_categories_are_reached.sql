-- No harmonised category stands unused. Totals are landed under that word, and populations are named by layouts too.
with labels as (
    select coalesce(dimensions.category, labels.dimension) as dimension, labels.category
    from {{ ref('crosswalk') }} as labels
    left join {{ ref('crosswalk') }} as dimensions
        on
            labels.source = dimensions.source
            and dimensions.dimension = 'dimension'
            and labels.dimension = dimensions.source_label
),

reached as (
    select dimension, category from labels
    union
    select 'dimension' as dimension, dimension as category from labels
)

select listed.dimension, listed.category
from {{ ref('harmonised_categories') }} as listed
left join reached
    on listed.dimension = reached.dimension and listed.category = reached.category
where reached.category is null and listed.category <> 'total' and listed.dimension <> 'population'
