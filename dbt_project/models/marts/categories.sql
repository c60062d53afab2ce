-- Every category of the closed lists: the codebook's and the derived ones. Figures have a row for each, also with 0.
select variable, category, label_nl, label_en
from {{ ref('codebook') }}
where kind in ('single', 'multiple')
union all
select variable, category, label_nl, label_en
from {{ ref('derived_categories') }}
