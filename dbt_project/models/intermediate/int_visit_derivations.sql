-- Derive categories from the coded values of a visitor, in long form.
with derived as (
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
)

select visit_id, variable, category from derived
union all
select visit_id, variable, category from parents
