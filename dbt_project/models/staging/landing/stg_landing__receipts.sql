select
    source as source_id,
    kind,
    file as file_name,
    delivery as delivery_id,
    content as content_hash,
    sequence as sequence_number,
    reading,
    is_snapshot
from {{ source('landing', 'receipts') }}
