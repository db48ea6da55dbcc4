// The rows of PostgreSQL's answers: to look-ups, to the feed's polls, and to the loading of tables.
// The input's first line says which; the rest are values (row_text.hpp).
//
// Must hold:
// - No decoder reads past a value, and each decodes what was encoded from its result.
// - A look-up's row without a required value is malformed; otherwise it makes a record.
// - A poll's answer means what its rows mean one by one; what is lost, and what to poll next,
//   depend on its state.
// - Revocations, written again from what was read, are read the same; two lists are one list.

#include "pg/connection/wire.hpp"
#include "pg/feed/feed_load.hpp"
#include "pg/feed/feed_poll.hpp"
#include "pg/lookup/api_key_rows.hpp"
#include "pg/lookup/device_rows.hpp"
#include "pg/lookup/token_rows.hpp"
#include "row_text.hpp"
#include "support.hpp"

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/auth/device/device_record.hpp>

#include <boost/json/parse.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace latchkey::fuzz;
using latchkey::test::fake_rows;
namespace auth = latchkey::auth;
namespace core = latchkey::core;
namespace pg = latchkey::pg;

namespace {

// --- single values ---

std::string fingerprints(const std::vector<core::fingerprint>& all) {
    std::string out;
    pg::append_bytea_array_header(out, all.size());
    for (const auto& one : all)
        pg::append_element(out, one);
    return out;
}

void check_value(std::string_view value) {
    if (const auto texts = pg::decode_text_array(value)) {
        std::string again;
        pg::append_text_array(again, {texts->begin(), texts->end()});
        expect(pg::decode_text_array(again) == texts, "texts are encoded as they are decoded");
        if (!texts->empty()) expect(again.size() == value.size(), "in as many bytes");
        expect(!pg::decode_text_array(std::string(value) + '\0'), "nothing may follow an array");
    }
    if (const auto all = pg::decode_fingerprint_array(value)) {
        expect(pg::decode_fingerprint_array(fingerprints(*all)) == all, "fingerprints, too");
        expect(pg::decode_text_array(value).has_value(), "an array is one of bytes");
    }
    if (const auto n = pg::decode_int8(value))
        expect(latchkey::test::int8(*n) == value, "an int8 is its bytes");
    if (const auto n = pg::decode_int4(value))
        expect(latchkey::test::big_endian(static_cast<std::uint32_t>(*n), 4) == value,
               "an int4 is its bytes");
    const auto time = pg::decode_timestamptz(value);
    expect(time.has_value() == (value.size() == 8), "a time has eight bytes");
    if (time && *time != core::real_time::max() && *time != core::real_time::min())
        expect(latchkey::test::timestamptz(*time) == value, "a time is its bytes");
    if (const auto is = pg::decode_bool(value))
        expect(value == std::string_view(*is ? "\1" : "\0", 1), "a boolean is its byte");
}

void check_values(std::string_view text) {
    for (const auto& one : rows_in(text, 1)) {
        // Copied to the heap, so that a read past its end is detected.
        const auto bytes = one[0].value_or("");
        const std::vector<char> own(bytes.begin(), bytes.end());
        check_value({own.data(), own.size()});
    }
}

// --- rows of look-ups ---

std::vector<std::optional<std::string_view>> views_of(const row& values) {
    return {values.begin(), values.end()};
}

template <class Decode>
void check_required(const row& values, std::initializer_list<std::size_t> required, Decode decode) {
    const auto all = views_of(values);
    for (const auto column : required) {
        auto without = all;
        without[column].reset();
        expect(!decode(without), "a row without a required value is malformed");
    }
    expect(!decode({all.data(), all.size() - 1}), "so is a row that is too short");
}

// An answer is JSON if the metadata is.
void check_answer(const std::string& answer, const std::string& metadata) {
    const auto is_json = [](std::string_view text) {
        boost::json::error_code ec;
        (void)boost::json::parse(text, ec);
        return !ec;
    };
    const auto printable = [](char c) { return c >= ' ' && c < '\x7f'; };
    const bool plain = std::all_of(answer.begin(), answer.end(), printable); // so UTF-8
    if (plain && is_json(metadata)) expect(is_json(answer), "an answer is JSON");
}

void check_api_keys(std::string_view text) {
    for (const auto& values : rows_in(text, pg::api_key_columns)) {
        const auto decode = [](pg::row_values v) { return pg::decode_api_key_row(v); };
        auto row = decode(views_of(values));
        check_required(values, {0, 1, 2, 5, 6, 8, 9, 10, 11, 15, 16}, decode);
        if (!row) continue;
        auto* const facts = &row->facts;
        expect(row->previous.has_value() == values[17].has_value(), "so is a previous secret");
        expect(facts->key_id == *values[1] && facts->metadata == *values[6], "texts are the row's");
        expect(facts->revoked == (*values[9] == "\1"), "revoked is the row's");
        expect(facts->rate_limit.has_value() == values[12].has_value(), "so is a limit");
        const auto before = *facts;
        const auth::api_key_record record(std::move(*facts));
        const auto kept = record.facts();
        const auto& scopes = kept.scopes;
        expect(std::is_sorted(scopes.begin(), scopes.end()), "a record's scopes are sorted");
        expect(scopes.size() <= before.scopes.size(), "and no more than there were");
        expect(record.key_id() == before.key_id &&
                   record.organization_id() == before.organization_id && kept.name == before.name &&
                   kept.external_id == before.external_id,
               "a record keeps the texts as they are");
        expect(kept.enabled == before.enabled && kept.revoked == before.revoked &&
                   kept.organization_enabled == before.organization_enabled &&
                   kept.expires_at == before.expires_at && kept.retires_at == before.retires_at &&
                   kept.allowed_networks == before.allowed_networks &&
                   kept.rate_limit == before.rate_limit &&
                   kept.caller_scopes == before.caller_scopes &&
                   kept.generation == before.generation,
               "and all that is judged");
        for (const auto& scope : before.scopes)
            expect(record.has_scope(scope) ==
                       (auth::is_reserved_scope(scope)
                            ? before.caller_scopes.has(scope)
                            : std::binary_search(scopes.begin(), scopes.end(), scope)),
                   "it has the scopes that it lists");
        check_answer(record.answer(), before.metadata);
    }
}

void check_devices(std::string_view text) {
    for (const auto& values : rows_in(text, pg::device_columns)) {
        for (const auto legacy :
             {auth::legacy_device_secret::unset, auth::legacy_device_secret::plaintext,
              auth::legacy_device_secret::sha256_hex}) {
            const auto decode = [&](pg::row_values v) { return pg::decode_device_row(v, legacy); };
            auto read = decode(views_of(values));
            check_required(values, {0, 1, 2, 4, 5, 6, 9, 10, 11, 12}, decode);
            if (!read) continue;
            const auto& secret = read->facts.secret;
            const bool said = legacy != auth::legacy_device_secret::unset;
            expect(said || !secret.is_legacy() || !secret.is_usable(),
                   "a bare secret is usable when somebody said what it is");
            expect(secret.is_scrypt() == (secret.scrypt() != nullptr), "a hash is there");
            expect(secret.is_usable() || !secret.is_scrypt(), "and usable");
            expect(read->facts.previous_until.has_value() == values[8].has_value(), "so is a time");
            const auto metadata = read->facts.metadata;
            const auth::device_record record(std::move(read->facts));
            check_answer(record.answer(), metadata);
        }
    }
}

// --- revocations ---

bool same(const auth::revocation_change& a, const auth::revocation_change& b) {
    return a.what.kind == b.what.kind && a.what.issuer == b.what.issuer &&
           a.what.value == b.what.value && a.what.issued_before == b.what.issued_before &&
           a.what.expires_at == b.what.expires_at && a.what.created_at == b.what.created_at &&
           a.what.of == b.what.of && a.withdrawn == b.withdrawn;
}

using changes = std::vector<auth::revocation_change>;

bool same(const changes& a, const changes& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return same(x, y); });
}

std::string time_text(const std::optional<core::real_time>& time) {
    if (!time) return {};
    if (*time == core::real_time::max()) return "infinity";
    if (*time == core::real_time::min()) return "-infinity";
    return std::to_string(
        std::chrono::duration_cast<core::microseconds>(time->time_since_epoch()).count());
}

std::vector<std::string> told(const changes& all) {
    std::vector<std::string> out;
    for (const auto& one : all) {
        out.push_back((one.withdrawn ? '-' : '+') + std::string(name_of(one.what.kind)));
        out.push_back(one.what.issuer);
        out.push_back(one.what.value);
        for (const auto& time :
             {one.what.issued_before, one.what.expires_at, std::optional(one.what.created_at)})
            out.push_back(time_text(time));
    }
    return out;
}

void check_revocations(std::string_view text) {
    std::vector<std::string> names;
    for (const auto& one : rows_in(text, 1))
        names.push_back(one[0].value_or(""));
    changes read;
    if (pg::append_revocations(names, {}, read)) {
        expect(read.size() == names.size() / 6, "six texts are one");
        changes again;
        expect(pg::append_revocations(told(read), {}, again) && same(read, again), "told alike");
        auto twice = names;
        twice.insert(twice.end(), names.begin(), names.end());
        changes both;
        expect(pg::append_revocations(twice, {}, both) && both.size() == 2 * read.size(),
               "two lists are one list");
    }
    changes ended;
    if (pg::append_generations(names, core::real_time(), ended))
        expect(ended.size() == names.size(), "each end of generations is one");
    changes credentials;
    const auto news = pg::read_credential_news(names.empty() ? "" : names.back());
    if (pg::append_credentials(names, news, core::real_time(), credentials))
        expect(credentials.size() == names.size(), "each credential is one");
    for (const auto& one : credentials)
        expect(!one.withdrawn || !one.what.of || news.withdrawn, "no kind is withdrawn unsaid");
}

// --- rows of tables ---

void check_tables(std::string_view text) {
    const auto keys = rows_in(text, 10);
    if (const auto read = pg::decode_signing_key_rows(fake_rows(keys, 10)))
        expect(read->size() == keys.size(), "each row is a key");
    const auto rows = rows_in(text, 9);
    const fake_rows revocations(rows, 9);
    auto read = pg::decode_revocation_rows(revocations);
    if (!read) return;
    expect(read->size() == rows.size(), "each row is a revocation");
    pg::feed_load load(pg::feed_position::outcome::lost, {}, false);
    (void)load.take();
    load.applied();
    expect(load.next() == pg::feed_load::step::load_revocations, "what was lost is loaded");
    const auto last = read->empty() ? 0 : read->back().id;
    load.loaded(std::move(*read));
    expect(load.after() == last, "the next page begins after the last one's end");
}

// --- the feed ---

constexpr std::size_t poll_columns = 15;

void append(auth::change_set& out, auth::change_set&& more) {
    out.everything |= more.everything;
    const auto move = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    move(out.organizations, more.organizations);
    move(out.api_keys, more.api_keys);
    move(out.devices, more.devices);
    move(out.revocations, more.revocations);
}

bool same(const auth::change_set& a, const auth::change_set& b) {
    return a.everything == b.everything && a.organizations == b.organizations &&
           a.api_keys == b.api_keys && a.devices == b.devices && same(a.revocations, b.revocations);
}

std::optional<pg::feed_poll> poll(const std::vector<row>& rows) {
    const fake_rows answer(rows, poll_columns);
    return pg::decode_feed_poll(answer);
}

void check_positions(const pg::feed_poll& read) {
    using outcome = pg::feed_position::outcome;
    pg::feed_position position;
    pg::node_memory memory;
    const bool has_era = read.identity.era.has_value();
    const auto first = position.advance(read, memory);
    expect(first == (has_era ? outcome::lost : outcome::no_era), "the first poll follows nothing");
    expect(position.snapshot().has_value() == has_era, "without an era, none is kept");
    const bool pruned = pg::snapshot_xmin(read.taken_at) < read.pruned_below;
    const auto second = position.advance(read, memory);
    expect(second == (!has_era ? outcome::no_era
                      : pruned ? outcome::lost
                               : outcome::follows),
           "the same state follows, unless it was pruned");
    expect(position.target().has_value() == (second == outcome::follows && read.more),
           "between pages there is a target");
    position.forget();
    expect(position.advance(read, memory) == first,
           "after one that was not applied comes a first one");
}

void check_poll(std::string_view text) {
    const auto rows = rows_in(text, poll_columns);
    auto whole = poll(rows);
    if (rows.empty()) return expect(!whole, "an answer has a row");
    pg::feed_poll parts;
    bool good = true;
    for (std::size_t i = 0; i < rows.size() && good; ++i) {
        auto one = rows[i];
        for (std::size_t state = 0; state < 8; ++state)
            one[state] = rows[0][state]; // the first row's counts
        auto part = poll({one});
        good = part.has_value();
        if (!good) break;
        parts.signing_keys_changed |= part->signing_keys_changed;
        parts.committed_at.insert(parts.committed_at.end(), part->committed_at.begin(),
                                  part->committed_at.end());
        append(parts.changes, std::move(part->changes));
    }
    expect(whole.has_value() == good, "an answer is good when its rows are");
    if (!whole) return;
    expect(same(whole->changes, parts.changes) && whole->committed_at == parts.committed_at &&
               whole->signing_keys_changed == parts.signing_keys_changed,
           "it means what its rows mean");
    expect(!whole->snapshot.empty(), "it has a snapshot");
    check_positions(*whole);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::pair<std::string_view, void (*)(std::string_view)> kinds[] = {
        {"values", check_values},   {"api_keys", check_api_keys},
        {"devices", check_devices}, {"revocations", check_revocations},
        {"tables", check_tables},   {"poll", check_poll}};
    const auto input = text_of(data, size);
    const auto line = std::min(input.find('\n'), input.size());
    const auto rest = input.substr(std::min(line + 1, input.size()));
    for (const auto& [name, check] : kinds)
        if (input.substr(0, line) == name) check(rest);
    return 0;
}
