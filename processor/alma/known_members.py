"""The names of the members that events are known to have, by the path of their object.

The path of the event itself is empty. `scripts/catalogue/shipped_members.py` writes this file from the catalogue of
known events; do not edit it. It has no codes, no lists and no objects whose members are not known.
"""

from typing import Final

_NAMES: Final = {
    "": """
        action bib event holding id institution item item_loan job_instance portfolio representation time
        user_request webhook_user
    """,
    "bib": """
        anies author brief_level cataloging_level complete_edition created_by created_date date_of_publication
        holdings isbn issn last_modified_by last_modified_date link linked_record_id mms_id network_number
        originating_system originating_system_id place_of_publication publisher_const rank record record_format
        requests suppress_from_external_search suppress_from_metadoor suppress_from_publishing
        sync_with_libraries_australia sync_with_oclc title
    """,
    "item": """
        bib_data holding_data item_data link
    """,
    "item.bib_data": """
        author bib_suppress_from_publishing complete_edition date_of_publication isbn issn link mms_id
        network_number place_of_publication publisher_const title
    """,
    "item.holding_data": """
        accession_number calculated_suppress_from_publishing call_number call_number_type copy_id due_back_date
        holding_id holding_suppress_from_publishing in_temp_location link permanent_call_number
        permanent_call_number_type temp_call_number temp_call_number_source temp_call_number_type temp_library
        temp_location temp_policy
    """,
    "item.item_data": """
        alt_number_source alternative_call_number alternative_call_number_type arrival_date awaiting_reshelving
        barcode base_status break_indicator chronology_i chronology_j chronology_k chronology_l chronology_m
        committed_to_retain creation_date description due_date due_date_policy edition enumeration_a enumeration_b
        enumeration_c enumeration_d enumeration_e enumeration_f enumeration_g enumeration_h expected_arrival_date
        fulfillment_note imprint internal_note_1 internal_note_2 internal_note_3 inventory_date inventory_number
        inventory_price is_magnetic issue_date language library linking_number location modification_date pages
        parsed_alt_call_number parsed_call_number parsed_issue_level_description pattern_type physical_condition
        physical_material_type pid pieces po_line policy process_type provenance public_note receive_number
        receiving_operator replacement_cost requested reshelving_time retention_note retention_reason
        statistics_note_1 statistics_note_2 statistics_note_3 storage_location_id title_abcnph type_of_unit
        weeding_date weeding_number work_order_at work_order_type year_of_issue
    """,
    "item_loan": """
        author call_number circ_desk description due_date holding_id item_barcode item_id item_policy
        last_renew_date last_renew_status library loan_date loan_fine loan_id loan_status location_code mms_id
        process_status publication_year renewable request_id return_circ_desk return_date returned_by title user_id
    """,
    "job_instance": """
        action alert counter end_time external_id id job_info link name progress start_time status status_date
        submit_time submitted_by
    """,
    "job_instance.job_info": """
        category description id link name type
    """,
    "user_request": """
        additional_id adjusted_booking_end_date adjusted_booking_start_date author barcode booking_end_date
        booking_start_date call_number call_number_type chapter_or_article_author chapter_or_article_title comment
        copyrights_declaration_signed_by_patron date_of_publication description destination_location due_back_date
        expiry_date full_chapter holding_id issue item_id item_policy last_interest_date managed_by_circulation_desk
        managed_by_circulation_desk_code managed_by_library managed_by_library_code manual_description material_type
        mms_id part partial_digitization pickup_location pickup_location_circulation_desk
        pickup_location_institution pickup_location_library pickup_location_type place_in_queue request_date
        request_id request_status request_sub_type request_time request_type required_pages required_pages_range
        resource_sharing target_destination task_name title user_primary_id volume
    """,
    "webhook_user": """
        cause method user
    """,
    "webhook_user.user": """
        account_type birth_date campus_code cataloger_level contact_info created_by created_date expiry_date
        external_id fees first_name force_password_change full_name gender is_researcher job_category
        job_description last_modified_by last_modified_date last_name last_patron_activity_date library_notice link
        linking_id loans middle_name password pin_number pref_first_name pref_last_name pref_middle_name
        pref_name_suffix preferred_language primary_id proxy_for_user purge_date record_type requests researcher
        rs_library source_institution_code source_link_id status status_date user_block user_group user_identifier
        user_note user_role user_statistic user_title web_site_url
    """,
}

KNOWN: Final = {path: frozenset(names.split()) for path, names in _NAMES.items()}
