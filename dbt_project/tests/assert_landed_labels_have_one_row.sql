-- Every landed label of a registry but UNODC has one row of the crosswalk that is valid in its reference year. (Their
-- readers refuse other labels; a word of UNODC's that the crosswalk does not know is told in `rejected`.)
select publisher, edition, reference_year, variable, source_label
from {{ ref('int_registry_figures') }}
where publisher <> 'UNODC' and (harmonised_category is null or category is null or sex is null or age is null)
