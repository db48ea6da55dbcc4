#include "pg/lookup/api_key_rows.hpp"

#include "pg/connection/wire.hpp"

namespace latchkey::pg {

namespace {

enum : std::size_t {
    key_hash,
    key_id,
    organization_id,
    name,
    external_id,
    scopes,
    metadata,
    expires_at,
    enabled,
    revoked,
    organization_enabled,
    allowed_networks,
    rate_limit_quantity,
    rate_limit_window,
    rate_limit_burst,
    caller_scopes,
    generation,
    previous_hash,
    previous_until,
    rate_limit_scope,
    credit_account
};

// A network that cannot be read must not open the key to all addresses.
std::optional<std::vector<core::network>> read_networks(std::string_view value) {
    const auto texts = decode_text_array(value);
    if (!texts) return std::nullopt;
    std::vector<core::network> out;
    for (const auto& text : *texts) {
        const auto parsed = core::parse_network(text);
        if (!parsed) return std::nullopt;
        out.push_back(*parsed);
    }
    return out;
}

// Returns nullopt if the row has a limit that cannot be read.
std::optional<std::optional<core::rate_rule>> read_rate_limit(row_values row) {
    if (!row[rate_limit_quantity]) return std::optional<core::rate_rule>();
    if (!row[rate_limit_window]) return std::nullopt;
    const auto quantity = decode_int8(*row[rate_limit_quantity]);
    const auto window_s = decode_int4(*row[rate_limit_window]);
    const auto burst = row[rate_limit_burst] ? decode_int8(*row[rate_limit_burst]) : quantity;
    if (!quantity || !window_s || !burst || *quantity < 1 || *burst < 1) return std::nullopt;
    const auto rule =
        core::rate_rule::make(static_cast<std::uint64_t>(*quantity), core::seconds(*window_s),
                              static_cast<std::uint64_t>(*burst));
    if (!rule) return std::nullopt;
    return rule;
}

// Whether all nodes count the limit together; nullopt if that cannot be read.
std::optional<bool> read_scope(row_values row) {
    const auto scope = *row[rate_limit_scope];
    if (scope == "fleet") return true;
    return scope == "node" ? std::optional(false) : std::nullopt;
}

// Returns nullopt if the row has an account that cannot be read.
std::optional<std::optional<std::int64_t>> read_account(row_values row) {
    if (!row[credit_account]) return std::optional<std::int64_t>();
    const auto account = decode_int8(*row[credit_account]);
    if (!account) return std::nullopt;
    return account;
}

// Returns nullopt if the row has a previous secret that cannot be read.
std::optional<std::optional<api_key_row::previous_secret>> read_previous(row_values row) {
    if (!row[previous_hash]) return std::optional<api_key_row::previous_secret>();
    if (!row[previous_until]) return std::nullopt;
    const auto hash = decode_fingerprint(*row[previous_hash]);
    const auto until = decode_timestamptz(*row[previous_until]);
    if (!hash || !until) return std::nullopt;
    return api_key_row::previous_secret{*hash, *until};
}

} // namespace

std::optional<api_key_row> decode_api_key_row(row_values row) {
    if (row.size() != api_key_columns) return std::nullopt;
    for (const auto required :
         {key_hash, key_id, organization_id, scopes, metadata, enabled, revoked,
          organization_enabled, allowed_networks, caller_scopes, generation, rate_limit_scope})
        if (!row[required]) return std::nullopt;
    const auto hash = decode_fingerprint(*row[key_hash]);
    auto granted = decode_text_array(*row[scopes]);
    const auto is_enabled = decode_bool(*row[enabled]);
    const auto is_revoked = decode_bool(*row[revoked]);
    const auto organization = decode_bool(*row[organization_enabled]);
    auto networks = read_networks(*row[allowed_networks]);
    const auto rate_limit = read_rate_limit(row);
    const auto as_caller = decode_text_array(*row[caller_scopes]);
    const auto narrowed = decode_int4(*row[generation]);
    const auto previous = read_previous(row);
    const auto is_fleet = read_scope(row);
    const auto account = read_account(row);
    if (!hash || !granted || !is_enabled || !is_revoked || !organization || !networks ||
        !rate_limit || !as_caller || !narrowed || *narrowed < 0 || !previous || !is_fleet ||
        !account)
        return std::nullopt;
    api_key_row out;
    out.previous = *previous;
    auto& facts = out.facts;
    if (row[expires_at]) {
        const auto expiry = decode_timestamptz(*row[expires_at]);
        if (!expiry) return std::nullopt;
        if (*expiry != core::real_time::max()) facts.expires_at = *expiry;
    }
    facts.key_hash = *hash;
    facts.key_id = *row[key_id];
    facts.organization_id = *row[organization_id];
    facts.name = optional_text(row[name]);
    facts.external_id = optional_text(row[external_id]);
    facts.scopes = std::move(*granted);
    facts.metadata = *row[metadata];
    facts.enabled = *is_enabled;
    facts.revoked = *is_revoked;
    facts.organization_enabled = *organization;
    facts.allowed_networks = std::move(*networks);
    facts.rate_limit = *rate_limit;
    facts.rate_limit_is_fleet = *is_fleet;
    facts.credit_account = *account;
    for (const auto& scope : *as_caller)
        facts.caller_scopes.add(scope); // one that is not known here grants nothing
    facts.generation = static_cast<std::uint32_t>(*narrowed);
    return out;
}

} // namespace latchkey::pg
