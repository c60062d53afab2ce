-- Sex and age become part of the name of a population, which has no relation of its own. Their labels must therefore
-- have the relation exact.
select source, dimension, source_label
from {{ ref('crosswalk') }}
where dimension in ('sex', 'age') and relation <> 'exact'
