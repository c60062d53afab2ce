-- All categories of the closed lists: those of the codebook and the derived ones. Figures have a row for each of them,
-- also if the count is 0.
select variable, category, label_nl, label_en
from {{ ref('codebook') }}
where kind in ('single', 'multiple')
union all
select variable, category, label_nl, label_en
from {{ ref('derived_categories') }}
