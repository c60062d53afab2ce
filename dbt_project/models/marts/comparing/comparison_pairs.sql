-- Collect all pairs of figures, with the reason why the two cannot be compared. If there are several reasons, the first
-- in this order is kept: a platform did not observe both periods, the series has a break (the earliest break), the
-- variable or a condition of the population was known for nobody, the share for whom it is known moved by more than 10
-- points, visits that wait for coding could change what is said of the change. It is one model, because the reasons
-- are ranked against each other.
{%- set key = [
    'source', 'country', 'unit', 'population', 'period_type', 'period_start', 'period_end', 'variable', 'category',
    'basis',
] %}
with pairs as (
    select
        {{ key | join(', ') }}, previous_start, n, n_previous, n_known, n_known_previous, n_uncoded, n_uncoded_previous,
        is_complete, is_known_before,
        abs(n_known * n_population_previous - n_known_previous * n_population) * 10
        > n_population * n_population_previous as is_known_otherwise,
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
        {{ key | join(', ') }}, previous_start, n, n_previous, null, null, 0, 0, true, true, false,
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

-- Either none or all of the visits that wait may belong to a count. The change is as small or as large as can be where
-- all of one period do and none of the other.
extremes as (
    select
        n,
        n_previous,
        case when {{ counts_p_value('n', 'n_previous') }} < 0.05 then sign(n - n_previous) else 0 end as change
    from (
        select n, n_previous + n_uncoded_previous as n_previous
        from pairs
        where n_uncoded + n_uncoded_previous > 0
        union
        select n + n_uncoded, n_previous
        from pairs
        where n_uncoded + n_uncoded_previous > 0
    ) as distinct_counts
),

reasoned as (
    select
        ranked.*,
        case
            when not ranked.is_complete then 'incomplete'
            when ranked.code is not null then ranked.code
            when not ranked.is_known_before then 'unknown_before'
            when ranked.is_known_otherwise then 'known_share_changed'
            when lowest.change <> highest.change then 'uncoded'
        end as reason
    from ranked
    left join extremes as lowest
        on ranked.n = lowest.n and ranked.n_previous + ranked.n_uncoded_previous = lowest.n_previous
    left join extremes as highest
        on ranked.n + ranked.n_uncoded = highest.n and ranked.n_previous = highest.n_previous
    where ranked.place = 1
)

select
    {{ key | join(', ') }}, n, n_previous, n_known, n_known_previous, reason, edition, edition_previous,
    n_uncoded + n_uncoded_previous > 0 as has_uncoded,
    case when reason = code then reasoned.reason_nl else reasons.reason_nl end as reason_nl,
    case when reason = code then reasoned.reason_en else reasons.reason_en end as reason_en
from reasoned
left join {{ ref('comparison_reasons') }} as reasons using (reason)
