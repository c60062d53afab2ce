-- A label has one meaning in a reference year, and no row has a first year after its last year.
select one.source, one.dimension, one.source_label
from {{ ref('crosswalk') }} as one
inner join {{ ref('crosswalk') }} as other
    on
        one.source = other.source
        and one.dimension = other.dimension
        and one.source_label = other.source_label
        and coalesce(one.valid_from, 0) <= coalesce(other.valid_to, 9999)
        and coalesce(other.valid_from, 0) <= coalesce(one.valid_to, 9999)
group by one.source, one.dimension, one.source_label, one.valid_from, one.valid_to
having count(*) > 1
union
select source, dimension, source_label
from {{ ref('crosswalk') }}
where valid_from > valid_to
