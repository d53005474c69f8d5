"""Names of KQL's functions, so that a misspelt one can be told what it may have meant."""

from typing import Final

# Scalar functions and aggregates of Kusto.Language 12.4, without large families such as geo_*;
# https://learn.microsoft.com/kusto/query/scalar-functions lists them.
FUNCTIONS: Final = frozenset(
    """
    abs acos ago all any anyif arg_max arg_min argmax argmin around array_concat array_iff
    array_iif array_index_of array_length array_reverse array_rotate_left array_rotate_right
    array_shift_left array_shift_right array_slice array_sort_asc array_sort_desc array_split
    array_strcat array_sum arraylength asin assert atan atan2 avg avgif bag_has_key bag_keys
    bag_merge bag_pack bag_pack_columns bag_remove_keys bag_set_key bag_zip base64_decode_toarray
    base64_decode_toguid base64_decode_tostring base64_decodestring base64_encode_fromarray
    base64_encode_fromguid base64_encode_tostring base64_encodestring beta_cdf beta_inv beta_pdf
    bin bin_at bin_auto binary_all_and binary_all_or binary_all_xor binary_and binary_not
    binary_or binary_shift_left binary_shift_right binary_xor bitset_count_ones buildschema case
    ceiling cluster cnt coalesce column_ifexists column_names_of columnifexists cos cot count
    count_distinct count_distinctif countif countof covariance covarianceif covariancep
    covariancepif database datepart datetime_add datetime_diff datetime_list_timezones
    datetime_local_to_utc datetime_part datetime_utc_to_local dayofmonth dayofweek dayofyear
    dcount dcount_hll dcountif degrees dynamic_to_json endofday endofmonth endofweek endofyear
    entity_group erf erfc estimate_data_size exp exp10 exp2 extent_id extent_tags extentid
    external_table extract extract_all extract_json extractall extractjson floor format_bytes
    format_datetime format_ipv4 format_ipv4_mask format_timespan gamma getmonth gettype getyear
    graph gzip_compress_to_base64_string gzip_decompress_from_base64_string has_any_index
    has_any_ipv4 has_any_ipv4_prefix has_ipv4 has_ipv4_prefix hash hash_combine hash_many hash_md5
    hash_sha1 hash_sha256 hash_xxhash64 hll hourofday iff iif indexof indexof_regex ingestion_time
    inner_nodes ipv4_compare ipv4_is_in_any_range ipv4_is_in_range ipv4_is_match ipv4_is_private
    ipv4_netmask_suffix ipv4_range_to_cidr_list ipv6_compare ipv6_is_in_any_range ipv6_is_in_range
    ipv6_is_match isascii iscolumnexists isempty isfinite isinf isnan isnotempty isnotnull isnull
    isutf8 jaccard_index labels log log10 log2 loggamma make_bag make_bag_if make_datetime
    make_dictionary make_list make_list_if make_list_with_nulls make_set make_set_if make_string
    make_timespan makelist makeset map materialized_view max max_of maxif merge_tdigest min min_of
    minif monthofyear new_guid next node_degree_in node_degree_out node_id not notempty notnull
    now pack pack_all pack_array pack_dictionary parse_command_line parse_csv parse_ipv4
    parse_ipv4_mask parse_ipv6 parse_ipv6_mask parse_json parse_path parse_url parse_urlquery
    parse_user_agent parse_version parse_xml parsejson parseurl parseurlquery passthrough
    percentile percentile_tdigest percentiles percentiles_array percentiles_array_tdigest
    percentilesw percentilesw_array percentilew percentrank_tdigest pi pow prev
    punycode_domain_from_string punycode_domain_to_string punycode_from_string punycode_to_string
    radians rand range rank_tdigest regex_quote repeat replace replace_regex replace_string
    replace_strings reverse round row_cumsum row_id row_number row_rank row_rank_dense
    row_rank_min row_window_session rowstore_ordinal_range set_difference set_equals
    set_has_element set_intersect set_union sign sin split sqrt startofday startofmonth
    startofweek startofyear stdev stdevif stdevp stored_query_result strcat strcat_array
    strcat_delim strcmp string_size strlen strrep substring sum sumif table take_any take_anyif
    tan tdigest to_utf8 tobool toboolean todatetime todecimal todouble todynamic toguid tohex
    toint tolong tolower toobject toreal tostring totime totimespan toupper translate treepath
    trim trim_end trim_start unicode_codepoints_from_string unicode_codepoints_to_string
    unixtime_microseconds_todatetime unixtime_milliseconds_todatetime
    unixtime_nanoseconds_todatetime unixtime_seconds_todatetime url_decode url_encode
    url_encode_component variance varianceif variancep variancepif week_of_year weekofyear
    welch_test zip zlib_compress_to_base64_string zlib_decompress_from_base64_string
    """.split()
)
