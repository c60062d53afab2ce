-- Every row of the crosswalk maps to a harmonised category of its dimension. Every variable maps to a dimension that
-- has categories.
select labels.source, labels.dimension, labels.source_label
from {{ ref('crosswalk') }} as labels
left join {{ ref('crosswalk') }} as dimensions
    on
        dimensions.source = 'zicht'
        and dimensions.dimension = 'dimension'
        and labels.dimension = dimensions.source_label
left join {{ ref('harmonised_categories') }} as listed
    on
        coalesce(dimensions.category, labels.dimension) = listed.dimension
        and labels.category = listed.category
where labels.source <> 'zicht' and listed.category is null
union all
select labels.source, labels.dimension, labels.source_label
from {{ ref('crosswalk') }} as labels
left join (select distinct dimension from {{ ref('harmonised_categories') }}) as listed
    on labels.category = listed.dimension
where labels.source = 'zicht' and (labels.dimension <> 'dimension' or listed.dimension is null)
