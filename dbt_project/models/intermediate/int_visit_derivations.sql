-- What follows from what is coded of a visitor, and from the visit itself, in the long form.
with forms as (
    select visit_id, 'form' as variable, 'sexual' as category
    from {{ ref('int_visit_forms') }}
    where is_imputed
    union all
    select visit_id, 'form_group' as variable, form_group as category
    from {{ ref('int_visit_forms') }}
    union all
    select visit_id, 'form_imputed' as variable, case when is_imputed then 'yes' else 'no' end as category
    from {{ ref('int_visit_forms') }}
),

derived as (
    select distinct known.visit_id, derivations.variable, derivations.category
    from {{ ref('int_visit_values') }} as known
    inner join {{ ref('derivations') }} as derivations
        on
            known.variable = derivations.from_variable
            and (
                known.category = derivations.from_category
                or known.number_value between derivations.from_low and derivations.from_high
            )
),

parents as (
    select
        perpetrators.visit_id,
        'perpetrator_is_parent' as variable,
        case when parents.category in ('father', 'mother', 'both') then 'yes' else 'no' end as category
    from {{ ref('int_visit_values') }} as perpetrators
    left join {{ ref('int_visit_values') }} as parents
        on perpetrators.visit_id = parents.visit_id and parents.variable = 'parent_perpetrator'
    where perpetrators.variable = 'perpetrator'
),

origins as (
    select visit_id, 'platform_source' as variable, source_id as category
    from {{ ref('int_visits') }}
    where step = 'visitor'
    union all
    select visit_id, 'language' as variable, language as category
    from {{ ref('int_visits') }}
    where step = 'visitor' and language is not null
)

select visit_id, variable, category from forms
union all
select visit_id, variable, category from derived
union all
select visit_id, variable, category from parents
union all
select visit_id, variable, category from origins
