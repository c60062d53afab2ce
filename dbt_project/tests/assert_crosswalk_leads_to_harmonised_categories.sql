-- Every row of the crosswalk leads to a harmonised category, under the harmonised dimension of its own dimension.
select labels.source, labels.dimension, labels.source_label
from {{ ref('crosswalk') }} as labels
left join {{ ref('crosswalk') }} as dimensions
    on
        labels.source = dimensions.source
        and dimensions.dimension = 'dimension'
        and labels.dimension = dimensions.source_label
left join {{ ref('harmonised_categories') }} as listed
    on
        coalesce(dimensions.category, labels.dimension) = listed.dimension
        and labels.category = listed.category
where listed.category is null
