-- The long form: one row a category that is known of a visitor. Every figure is a grouping of it. Not a table: it would
-- write down once more what is coded, and what stands with the visit.
{{ config(materialized='view') }}

select visit_id, variable, category
from {{ ref('int_visit_values') }}
where category is not null
union all
select visit_id, variable, category
from {{ ref('int_visit_derivations') }}
union all
select visit_id, 'form' as variable, 'sexual' as category
from {{ ref('int_visit_forms') }}
where is_imputed
union all
select visit_id, 'form_group' as variable, form_group as category
from {{ ref('int_visit_forms') }}
union all
select visit_id, 'form_imputed' as variable, case when is_imputed then 'yes' else 'no' end as category
from {{ ref('int_visit_forms') }}
union all
select visit_id, 'platform_source' as variable, source_id as category
from {{ ref('int_visits') }}
where step = 'visitor'
union all
select visit_id, 'language' as variable, language as category
from {{ ref('int_visits') }}
where step = 'visitor' and language is not null
