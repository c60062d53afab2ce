-- Every landed edition of a registry, except UNODC, is in the list that dates it. Without a day it has no place in the
-- order of the editions.
select distinct publisher, edition
from {{ ref('int_registry_figures') }}
where publisher <> 'UNODC' and published_on is null
