-- Collect all pairs of figures, with the reason why the two cannot be compared. If there are several reasons, the first
-- in this order is kept: the data end early, the series has a break (the earliest break), the variable was known for
-- nobody.
with pairs as (
    select
        source,
        cast(null as string) as country,
        unit,
        population,
        period_type,
        period_start,
        period_end,
        variable,
        category,
        cast(null as string) as harmonised_category,
        basis,
        previous_start,
        n,
        n_previous,
        n_known,
        n_known_previous,
        is_complete,
        is_known_before,
        cast(null as string) as edition,
        cast(null as string) as edition_previous
    from {{ ref('chat_pairs') }}
    union all
    select
        source,
        country,
        unit,
        population,
        period_type,
        period_start,
        period_end,
        variable,
        category,
        harmonised_category,
        basis,
        previous_start,
        n,
        n_previous,
        cast(null as bigint) as n_known,
        cast(null as bigint) as n_known_previous,
        true as is_complete,
        true as is_known_before,
        edition,
        edition_previous
    from {{ ref('registry_pairs') }}
),

breaks as (
    select *
    from {{ ref('series_breaks') }}
    where breaks_series
),

ranked as (
    select
        pairs.*,
        breaks.code,
        breaks.reason_nl,
        breaks.reason_en,
        row_number() over (
            partition by
                pairs.source,
                pairs.country,
                pairs.unit,
                pairs.population,
                pairs.period_type,
                pairs.period_start,
                pairs.period_end,
                pairs.variable,
                pairs.category,
                pairs.basis
            order by breaks.break_on, breaks.code, breaks.reason_en
        ) as place
    from pairs
    left join breaks
        on
            breaks.break_on > pairs.previous_start
            and breaks.break_on <= pairs.period_end
            -- Blank means any. A blank source means any registry.
            and (pairs.source = breaks.source or (breaks.source is null and pairs.source <> 'chat'))
            and (breaks.country is null or pairs.country = breaks.country)
            and (breaks.unit is null or pairs.unit = breaks.unit)
            and (breaks.population is null or pairs.population = breaks.population)
            and (breaks.variable is null or pairs.variable = breaks.variable)
            and (breaks.category is null or breaks.category in (pairs.category, pairs.harmonised_category))
),

reasoned as (
    select
        *,
        case
            when not is_complete then 'incomplete'
            when code is not null then code
            when not is_known_before then 'unknown_before'
        end as reason
    from ranked
    where place = 1
)

select
    reasoned.source,
    reasoned.country,
    reasoned.unit,
    reasoned.population,
    reasoned.period_type,
    reasoned.period_start,
    reasoned.period_end,
    reasoned.variable,
    reasoned.category,
    reasoned.basis,
    reasoned.n,
    reasoned.n_previous,
    reasoned.n_known,
    reasoned.n_known_previous,
    reasoned.reason,
    case when reasoned.reason = reasoned.code then reasoned.reason_nl else reasons.reason_nl end as reason_nl,
    case when reasoned.reason = reasoned.code then reasoned.reason_en else reasons.reason_en end as reason_en,
    reasoned.edition,
    reasoned.edition_previous
from reasoned
left join {{ ref('comparison_reasons') }} as reasons
    on reasoned.reason = reasons.reason
