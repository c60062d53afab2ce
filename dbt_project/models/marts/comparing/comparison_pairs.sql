-- Collect all pairs of figures, with the reason why the two cannot be compared. If there are several reasons, the first
-- in this order is kept: the data end early, the series has a break (the earliest break), the variable was known for
-- nobody.
{%- set key = [
    'source', 'country', 'unit', 'population', 'period_type', 'period_start', 'period_end', 'variable', 'category',
    'basis',
] %}
with pairs as (
    select
        {{ key | join(', ') }}, previous_start, n, n_previous, n_known, n_known_previous, is_complete, is_known_before,
        harmonised_category, edition, edition_previous
    from (
        select
            *,
            cast(null as string) as country,
            cast(null as string) as harmonised_category,
            cast(null as string) as edition,
            cast(null as string) as edition_previous
        from {{ ref('chat_pairs') }}
    ) as of_chat
    union all
    select
        {{ key | join(', ') }}, previous_start, n, n_previous, null, null, true, true,
        harmonised_category, edition, edition_previous
    from {{ ref('registry_pairs') }}
),

ranked as (
    select
        pairs.*,
        breaks.code,
        breaks.reason_nl,
        breaks.reason_en,
        row_number() over (
            partition by pairs.{{ key | join(', pairs.') }}
            order by breaks.break_on, breaks.code, breaks.reason_en
        ) as place
    from pairs
    left join {{ ref('series_breaks') }} as breaks
        on
            breaks.breaks_series
            and breaks.break_on > pairs.previous_start
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
    {{ key | join(', ') }}, n, n_previous, n_known, n_known_previous, reason, edition, edition_previous,
    case when reason = code then reasoned.reason_nl else reasons.reason_nl end as reason_nl,
    case when reason = code then reasoned.reason_en else reasons.reason_en end as reason_en
from reasoned
left join {{ ref('comparison_reasons') }} as reasons using (reason)
