-- The difference between two publishers in a year has one reason, and no row has a first year after its last year.
select one.publisher, one.other_publisher, one.from_year
from {{ ref('difference_reasons') }} as one
inner join {{ ref('difference_reasons') }} as other
    on
        one.publisher = other.publisher
        and one.other_publisher = other.other_publisher
        and one.from_year <= other.to_year
        and other.from_year <= one.to_year
group by one.publisher, one.other_publisher, one.from_year
having count(*) > 1
union
select publisher, other_publisher, from_year
from {{ ref('difference_reasons') }}
where from_year > to_year
