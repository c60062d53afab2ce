-- Judge every figure that the report prints. An operand is the sum of its terms. If one term has no value, the operand
-- has no value.
with operands as (
    select id, operand, case when count(value) = count(*) then sum(value) end as value
    from {{ ref('reconciliation_operands') }}
    group by id, operand
),

absent as (
    select
        id, min(concat(source, coalesce(', ' || edition, ''), ', ', asked_year, ' (', mart, ')')) as what
    from {{ ref('reconciliation_operands') }}
    where not is_present
    group by id
),

computed as (
    select
        published.*,
        absent.what as absent,
        case published.operation
            when 'value' then firsts.value
            when 'difference' then firsts.value - seconds.value
            when 'ratio' then firsts.value / nullif(seconds.value, 0)
            when 'percent' then 100 * firsts.value / nullif(seconds.value, 0)
            when 'growth_percent' then 100 * (firsts.value - seconds.value) / nullif(seconds.value, 0)
        end as computed
    from {{ ref('published_figures') }} as published
    left join operands as firsts
        on published.id = firsts.id and firsts.operand = 1
    left join operands as seconds
        on published.id = seconds.id and seconds.operand = 2
    left join absent
        on published.id = absent.id
),

compared as (
    select
        *,
        case comparator
            when 'equal' then {{ half_up('computed', 'decimals') }} = {{ half_up('published', 'decimals') }}
            when 'about' then abs(excess) <= tolerance
            when 'almost' then excess between -tolerance and 0
            when 'at_least' then excess >= 0 and (tolerance is null or excess <= tolerance)
            when 'above' then excess > 0 and (tolerance is null or excess <= tolerance)
        end as is_met,
        {{ half_up('computed', '1') }} = expected_instead as is_expected_instead
    from (select *, round(computed - published, 6) as excess from computed) as measured
),

judged as (
    select
        *,
        case
            when operation is null or absent is not null then 'not_computable'
            when is_met then 'equal'
            when is_expected_instead then 'explained'
            else 'different'
        end as verdict
    from compared
)

select
    id, published, verdict,
    case when verdict <> 'not_computable' then computed end as computed,
    case when verdict <> 'not_computable' then excess end as difference,
    case
        when absent is not null then 'no data of ' || absent
        when verdict <> 'different' then reason_en
        when computed is null then 'the source has no such figure of the period'
        else 'the delivered figures give another number'
    end as reason,
    case
        when absent is not null then 'geen gegevens van ' || absent
        when verdict <> 'different' then reason_nl
        when computed is null then 'de bron heeft dit cijfer niet voor deze periode'
        else 'de aangeleverde cijfers geven een ander getal'
    end as reason_nl,
    section, indicator, as_printed, comparator, tolerance, decimals, expected_instead
from judged
