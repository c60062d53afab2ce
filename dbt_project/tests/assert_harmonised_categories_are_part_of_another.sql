-- The category that contains another one is in the same dimension, and is not that category itself.
select parts.dimension, parts.category
from {{ ref('harmonised_categories') }} as parts
left join {{ ref('harmonised_categories') }} as wholes
    on parts.dimension = wholes.dimension and parts.part_of = wholes.category and parts.category <> wholes.category
where parts.part_of is not null and wholes.category is null
