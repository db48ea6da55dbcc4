#include "pg/lookup/device_rows.hpp"

#include "pg/connection/wire.hpp"

namespace latchkey::pg {

namespace {

enum : std::size_t {
    device_key,
    device_id,
    organization_id,
    name,
    scopes,
    metadata,
    secret,
    previous_secret,
    previous_until,
    active,
    revoked,
    organization_enabled,
    generation
};

} // namespace

std::optional<device_row> decode_device_row(row_values row, auth::legacy_device_secret legacy) {
    if (row.size() != device_columns) return std::nullopt;
    for (const auto required : {device_key, device_id, organization_id, scopes, metadata, secret,
                                active, revoked, organization_enabled, generation})
        if (!row[required]) return std::nullopt;
    const auto key = decode_fingerprint(*row[device_key]);
    auto granted = decode_text_array(*row[scopes]);
    const auto is_active = decode_bool(*row[active]);
    const auto is_revoked = decode_bool(*row[revoked]);
    const auto organization = decode_bool(*row[organization_enabled]);
    const auto narrowed = decode_int4(*row[generation]);
    const auto until = row[previous_until] ? decode_timestamptz(*row[previous_until])
                                           : std::optional<core::real_time>();
    if (!key || !granted || !is_active || !is_revoked || !organization || !narrowed ||
        *narrowed < 0 || until.has_value() != row[previous_until].has_value())
        return std::nullopt;
    device_row out;
    out.key = *key;
    auto& facts = out.facts;
    facts.device_id = *row[device_id];
    facts.organization_id = *row[organization_id];
    facts.name = optional_text(row[name]);
    facts.scopes = std::move(*granted);
    facts.metadata = *row[metadata];
    facts.secret = auth::stored_secret::parse(*row[secret], legacy);
    if (row[previous_secret])
        facts.previous_secret = auth::stored_secret::parse(*row[previous_secret], legacy);
    facts.previous_until = until;
    facts.active = *is_active;
    facts.revoked = *is_revoked;
    facts.organization_enabled = *organization;
    facts.generation = static_cast<std::uint32_t>(*narrowed);
    return out;
}

} // namespace latchkey::pg
