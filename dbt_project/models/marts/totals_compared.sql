-- Compare current totals of victims of a year between two publishers, with the reason for a difference if it is known.
with totals as (
    select publisher, edition, country, reference_year, value
    from {{ ref('registry_current') }}
    where
        unit = 'victim' and population in ('all', 'detected_victims') and variable = 'total' and month is null
        and value is not null and not is_estimate
),

-- Compare other totals with that of the National Rapporteur, and UNODC's total also with that of CoMensha.
pairs as (
    select
        one.reference_year,
        one.country,
        one.publisher,
        one.edition,
        one.value,
        other.publisher as other_publisher,
        other.edition as other_edition,
        other.value as other_value,
        one.value - other.value as difference
    from totals as one
    inner join totals as other
        on one.country = other.country and one.reference_year = other.reference_year
    where
        (one.publisher in ('comensha', 'UNODC') and other.publisher = 'rapporteur')
        or (one.publisher = 'UNODC' and other.publisher = 'comensha')
)

select
    pairs.*,
    case
        when pairs.difference <> 0 then coalesce(reasons.reason_nl, 'Door de uitgevers niet verklaard.')
    end as reason_nl,
    case
        when pairs.difference <> 0 then coalesce(reasons.reason_en, 'Not explained by the publishers.')
    end as reason_en
from pairs
left join {{ ref('difference_reasons') }} as reasons
    on
        pairs.publisher = reasons.publisher
        and pairs.other_publisher = reasons.other_publisher
        and pairs.reference_year between reasons.from_year and reasons.to_year
