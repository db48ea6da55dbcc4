#pragma once
// The operator's import of API keys that were made elsewhere, by their hashes.

#include <latchkey/auth/api_key/import_formats.hpp>
#include <latchkey/auth/api_key/import_store.hpp>
#include <latchkey/auth/cache/change_applier.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What became of one of the given texts.
struct import_report {
    imported_key outcome;
    std::vector<std::string> stripped; ///< scopes that an import does not give
};

struct key_import_request {
    std::vector<std::string_view> keys; ///< JSON objects
    key_import_format format = key_import_format::latchkey;
    std::optional<std::string> organization_id; ///< of keys that name none
    bool dry_run = false;
};

/// Stores the keys that can be read and are not there yet. Answers for each in order. Ends once
/// this process has applied the change. Control thread.
operation<std::vector<import_report>> import_api_keys(key_import_store&, change_sink&,
                                                      key_import_request, operator_request&);

/// Takes a page of keys over from the older service's arrays, or says which it would. Ends once
/// this process has applied the change. Control thread.
operation<std::vector<adopted_key>> adopt_api_keys(key_import_store&, change_sink&, key_page,
                                                   bool dry_run, operator_request&);

} // namespace latchkey::auth
