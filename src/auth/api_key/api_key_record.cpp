#include <latchkey/auth/api_key/api_key_record.hpp>

#include "auth/cache/record_text.hpp"
#include "auth/scopes.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace latchkey::auth {

struct api_key_record::rarities {
    std::optional<core::real_time> retires_at;
    std::vector<core::network> allowed_networks;
    std::optional<core::rate_rule> rate_limit;
    bool rate_limit_is_fleet = false;
    std::optional<std::int64_t> credit_account;
    auth::caller_scopes caller_scopes;
    std::uint32_t generation = 0;
    std::optional<raw_texts> raw;
};

namespace {

// All that a verification may ask for and be granted.
std::vector<std::string> all_scopes(const api_key_facts& facts) {
    auto all = facts.scopes;
    for (auto& name : facts.caller_scopes.names())
        all.push_back(std::move(name));
    sort_and_dedupe(all);
    return all;
}

bool is_spelled_otherwise(std::string_view text) {
    std::string spelled;
    core::append_json_string(spelled, text);
    return spelled.size() != text.size() + 2;
}

// So many scopes are looked for one by one in the answer. More of them are kept apart, to be found
// by halving.
constexpr std::size_t scopes_in_answer = 16;

// Whether the texts are not read from the answer. Scopes are not if those of a caller are among
// them.
bool needs_raw_texts(const api_key_facts& facts) {
    const auto otherwise = [](const std::optional<std::string>& text) {
        return text && is_spelled_otherwise(*text);
    };
    return !facts.caller_scopes.empty() || facts.scopes.size() > scopes_in_answer ||
           is_spelled_otherwise(facts.key_id) || is_spelled_otherwise(facts.organization_id) ||
           otherwise(facts.name) || otherwise(facts.external_id) ||
           std::ranges::any_of(facts.scopes, is_spelled_otherwise);
}

// Calls `take(text)` for each string of a JSON array of strings without escapes, until it returns
// false.
template <class Take>
void each_string(std::string_view array, Take take) {
    for (std::size_t at = 1; at < array.size() && array[at] == '"';) {
        const auto end = array.find('"', at + 1);
        if (!take(array.substr(at + 1, end - at - 1))) return;
        at = end + 2; // behind the comma
    }
}

} // namespace

// --- making one --------------------------------------------------------------------------------

api_key_record::api_key_record(api_key_facts facts)
    : expires_at_(facts.expires_at.value_or(core::real_time::max())) {
    drop_reserved_scopes(facts.scopes);
    sort_and_dedupe(facts.scopes);
    flags_ = (facts.enabled ? enabled_bit : 0u) | (facts.revoked ? revoked_bit : 0u) |
             (facts.organization_enabled ? organization_bit : 0u);

    std::string text;
    const auto keep = [&](part p, const auto& what) {
        core::append_member(text, {}, what);
        ends_[p] = static_cast<std::uint32_t>(text.size());
    };
    keep(key_id_part, facts.key_id);
    keep(organization_part, facts.organization_id);
    keep(name_part, facts.name);
    keep(external_id_part, facts.external_id);
    keep(scopes_part, facts.caller_scopes.empty() ? facts.scopes : all_scopes(facts));
    core::append_compact_json(text, facts.metadata);
    ends_[metadata_part] = static_cast<std::uint32_t>(text.size());
    keep(expires_part, facts.expires_at);
    auto kept = std::make_unique_for_overwrite<char[]>(text.size());
    std::memcpy(kept.get(), text.data(), text.size());
    text_ = std::move(kept);

    const bool raw = needs_raw_texts(facts);
    if (!raw && !facts.retires_at && facts.allowed_networks.empty() && !facts.rate_limit &&
        !facts.credit_account && facts.generation == 0)
        return;
    auto rare = std::make_unique<rarities>();
    rare->retires_at = facts.retires_at;
    rare->allowed_networks = std::move(facts.allowed_networks);
    rare->rate_limit = facts.rate_limit;
    rare->rate_limit_is_fleet = facts.rate_limit_is_fleet;
    rare->credit_account = facts.credit_account;
    rare->caller_scopes = facts.caller_scopes;
    rare->generation = facts.generation;
    if (raw)
        rare->raw.emplace(raw_texts{std::move(facts.key_id), std::move(facts.organization_id),
                                    std::move(facts.name), std::move(facts.external_id),
                                    std::move(facts.scopes)});
    rare_ = std::move(rare);
}

api_key_record::~api_key_record() = default;

std::size_t api_key_record::bytes() const noexcept {
    auto all = sizeof *this + ends_.back();
    if (!rare_) return all;
    all += sizeof *rare_ + rare_->allowed_networks.capacity() * sizeof(core::network);
    if (const auto& raw = rare_->raw)
        all += heap_bytes(raw->key_id) + heap_bytes(raw->organization_id) + heap_bytes(raw->name) +
               heap_bytes(raw->external_id) + heap_bytes(raw->scopes);
    return all;
}

// --- reading it --------------------------------------------------------------------------------

const api_key_record::raw_texts* api_key_record::raw() const noexcept {
    return rare_ && rare_->raw ? &*rare_->raw : nullptr;
}

std::optional<std::string>
api_key_record::unquoted(part p, std::optional<std::string> raw_texts::*raw_text) const {
    if (const auto* r = raw()) return r->*raw_text;
    const auto quoted = value(p);
    if (!quoted.starts_with('"')) return std::nullopt; // null
    return std::string(quoted.substr(1, quoted.size() - 2));
}

std::string_view api_key_record::name() const noexcept {
    if (const auto* r = raw()) return r->name ? std::string_view(*r->name) : std::string_view();
    const auto quoted = value(name_part);
    return quoted.starts_with('"') ? quoted.substr(1, quoted.size() - 2) : std::string_view();
}

std::optional<core::real_time> api_key_record::retires_at() const noexcept {
    return rare_ ? rare_->retires_at : std::nullopt;
}

std::optional<core::real_time> api_key_record::ends_at() const noexcept {
    const auto expires = expires_at();
    const auto retires = retires_at();
    return expires && retires ? std::min(expires, retires) : expires ? expires : retires;
}
std::span<const core::network> api_key_record::allowed_networks() const noexcept {
    if (!rare_) return {};
    return rare_->allowed_networks;
}
const core::rate_rule* api_key_record::rate_limit() const noexcept {
    return rare_ && rare_->rate_limit ? &*rare_->rate_limit : nullptr;
}
bool api_key_record::rate_limit_is_fleet() const noexcept {
    return rare_ && rare_->rate_limit && rare_->rate_limit_is_fleet;
}
std::optional<std::int64_t> api_key_record::credit_account() const noexcept {
    return rare_ ? rare_->credit_account : std::nullopt;
}
auth::caller_scopes api_key_record::caller_scopes() const noexcept {
    return rare_ ? rare_->caller_scopes : auth::caller_scopes();
}
std::uint32_t api_key_record::generation() const noexcept {
    return rare_ ? rare_->generation : 0;
}

bool api_key_record::has_scope(std::string_view scope) const noexcept {
    if (is_reserved_scope(scope)) return caller_scopes().has(scope);
    if (const auto* r = raw()) return std::ranges::binary_search(r->scopes, scope);
    bool found = false;
    each_string(value(scopes_part), [&](std::string_view granted) {
        found = granted == scope;
        return granted < scope;
    });
    return found;
}

bool api_key_record::gives(std::string_view permission) const noexcept {
    if (is_reserved_scope(permission)) return caller_scopes().has(permission);
    const auto does = [&](std::string_view scope) { return auth::gives(scope, permission); };
    if (const auto* r = raw()) return std::ranges::any_of(r->scopes, does);
    bool found = false;
    each_string(value(scopes_part), [&](std::string_view scope) {
        found = does(scope);
        return !found;
    });
    return found;
}

void api_key_record::copy_scopes(std::vector<std::string>& out) const {
    if (const auto* r = raw()) {
        out = r->scopes;
        return;
    }
    std::size_t count = 0;
    each_string(value(scopes_part), [&](std::string_view one) {
        if (count == out.size()) out.emplace_back();
        out[count++].assign(one);
        return true;
    });
    out.resize(count);
}

api_key_facts api_key_record::facts() const {
    api_key_facts out;
    out.retires_at = retires_at();
    out.key_id = key_id();
    out.organization_id = organization_id();
    out.name = unquoted(name_part, &raw_texts::name);
    out.external_id = unquoted(external_id_part, &raw_texts::external_id);
    copy_scopes(out.scopes);
    out.metadata = value(metadata_part);
    out.expires_at = expires_at();
    out.enabled = enabled();
    out.revoked = revoked();
    out.organization_enabled = organization_enabled();
    out.allowed_networks.assign(allowed_networks().begin(), allowed_networks().end());
    if (const auto* rule = rate_limit()) out.rate_limit = *rule;
    out.rate_limit_is_fleet = rate_limit_is_fleet();
    out.credit_account = credit_account();
    out.caller_scopes = caller_scopes();
    out.generation = generation();
    return out;
}

void api_key_record::append_answer(std::string& out) const {
    constexpr std::size_t names = [] {
        std::size_t all = 1; // the last brace
        for (const auto name : member_names)
            all += name.size();
        return all;
    }();
    const auto used = out.size();
    out.resize(used + names + ends_.back());
    char* at = out.data() + used;
    std::uint32_t begin = 0;
    // Unrolled, so that the names are copied without a call.
    const auto append = [&]<std::size_t P>(std::integral_constant<std::size_t, P>) {
        constexpr auto name = member_names[P];
        std::memcpy(at, name.data(), name.size());
        at = std::copy_n(text_.get() + begin, ends_[P] - begin, at + name.size());
        begin = ends_[P];
    };
    [&]<std::size_t... P>(std::index_sequence<P...>) {
        (append(std::integral_constant<std::size_t, P>()), ...);
    }
    (std::make_index_sequence<parts>());
    *at = '}';
}

std::string api_key_record::answer() const {
    std::string out;
    append_answer(out);
    return out;
}

} // namespace latchkey::auth
