-- The long form: one row a category that is known of a visitor. Every figure is a grouping of it. Not a table: it would
-- write down once more what is coded.
{{ config(materialized='view') }}

select visit_id, variable, category
from {{ ref('int_visit_values') }}
where category is not null
union all
select visit_id, variable, category
from {{ ref('int_visit_derivations') }}
