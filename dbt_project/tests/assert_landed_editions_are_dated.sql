-- Every landed edition of a registry but UNODC stands in the list that dates it: without a day it has no place among
-- the editions.
select distinct publisher, edition
from {{ ref('int_registry_figures') }}
where publisher <> 'UNODC' and published_on is null
