-- Return the long form: one row for each known category of a visitor. Every figure is an aggregate of these rows. This
-- is a view, because a table would copy the coded values and the columns of the visits.
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
