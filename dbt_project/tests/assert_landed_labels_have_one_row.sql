-- Every landed label of a registry, except UNODC, has one row of the crosswalk that is valid in its reference year. The
-- readers of these registries refuse other labels. An unknown word of UNODC is listed in `rejected`.
select publisher, edition, reference_year, variable, source_label
from {{ ref('int_registry_figures') }}
where publisher <> 'UNODC' and (harmonised_category is null or category is null or sex is null or age is null)
