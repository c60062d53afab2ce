-- Differences and ratios with what chance could do. Statistics are computed once for equal counts.
{% set family = 'source, basis, period_type, period_start, period_end, is_tested' %}
{% set share_family = 'source, basis, period_type, period_start, period_end, is_share_tested' %}
with pairs as (
    select
        *,
        -- There are shares only where both have a base.
        case when n_known_previous > 0 then nullif(n_known, 0) end as base,
        case when n_known > 0 then nullif(n_known_previous, 0) end as base_previous,
        -- What a reader sees side by side; of nothing in both periods nothing can be said.
        reason is null and n + n_previous > 0 as is_tested
    from {{ ref('comparison_pairs') }}
),

counts as (
    select
        n,
        n_previous,
        {{ ratio_low('n', 'n_previous') }} as ratio_low,
        {{ ratio_high('n', 'n_previous') }} as ratio_high,
        {{ counts_p_value('n', 'n_previous') }} as p_value
    from (select distinct n, n_previous from pairs) as distinct_counts
),

shares as (
    select
        n,
        base,
        cast(n as {{ double() }}) / base as share,
        {{ share_low('n', 'base') }} as share_low,
        {{ share_high('n', 'base') }} as share_high
    from (
        select n, base
        from pairs
        where base is not null
        union
        select n_previous, base_previous
        from pairs
        where base is not null
    ) as distinct_shares
),

share_pairs as (
    select
        n,
        base,
        n_previous,
        base_previous,
        {{ shares_p_value('n', 'base', 'n_previous', 'base_previous') }} as share_p_value
    from (
        select distinct n, base, n_previous, base_previous
        from pairs
        where base is not null
    ) as distinct_pairs
),

tested as (
    select
        pairs.*,
        cast(pairs.n as {{ double() }}) / nullif(pairs.n_previous, 0) as ratio,
        counts.ratio_low,
        counts.ratio_high,
        counts.p_value,
        later.share,
        later.share_low,
        later.share_high,
        earlier.share as share_previous,
        earlier.share_low as share_low_previous,
        earlier.share_high as share_high_previous,
        share_pairs.share_p_value,
        pairs.is_tested and pairs.base is not null as is_share_tested
    from pairs
    inner join counts
        on pairs.n = counts.n and pairs.n_previous = counts.n_previous
    left join shares as later
        on pairs.n = later.n and pairs.base = later.base
    left join shares as earlier
        on pairs.n_previous = earlier.n and pairs.base_previous = earlier.base
    left join share_pairs
        on
            pairs.n = share_pairs.n
            and pairs.base = share_pairs.base
            and pairs.n_previous = share_pairs.n_previous
            and pairs.base_previous = share_pairs.base_previous
),

stepped as (
    select
        *,
        {{ stepped_p_value('p_value', family) }} as stepped_p_value,
        {{ stepped_p_value('share_p_value', share_family) }} as stepped_share_p_value
    from tested
)

select
    source,
    unit,
    population,
    period_type,
    period_start,
    period_end,
    variable,
    category,
    basis,
    n,
    n_previous,
    n - n_previous as difference,
    ratio,
    ratio_low,
    ratio_high,
    p_value,
    case
        when is_tested then {{ adjusted_p_value('stepped_p_value', 'p_value', family) }}
    end as p_value_adjusted,
    n_known,
    n_known_previous,
    share,
    share_low,
    share_high,
    share_previous,
    share_low_previous,
    share_high_previous,
    share - share_previous as share_difference,
    share_p_value,
    case
        when is_share_tested
            then {{ adjusted_p_value('stepped_share_p_value', 'share_p_value', share_family) }}
    end as share_p_value_adjusted,
    reason is null as is_comparable,
    reason,
    reason_nl,
    reason_en,
    edition,
    edition_previous,
    country
from stepped
