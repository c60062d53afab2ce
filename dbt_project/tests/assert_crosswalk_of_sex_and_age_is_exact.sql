-- Sex and age become part of a population's name, which has no relation of its own: their labels mean exactly that.
select source, dimension, source_label
from {{ ref('crosswalk') }}
where dimension in ('sex', 'age') and relation <> 'exact'
