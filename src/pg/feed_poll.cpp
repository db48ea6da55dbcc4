#include <latchkey/pg/feed_poll.hpp>

#include <latchkey/crypto/digest.hpp>
#include <latchkey/pg/token_rows.hpp>
#include <latchkey/pg/wire.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::pg {

namespace {

enum column {
    snapshot,
    era,
    system,
    database,
    pruned_below,
    now,
    at,
    kind,
    keys,
    names,
    credential_kind,
    organization_type,
    columns
};

class row {
  public:
    row(const PGresult& rows, int index) : rows_(rows), index_(index) {}
    bool is_null(column c) const { return PQgetisnull(&rows_, index_, c) != 0; }
    std::string_view operator[](column c) const {
        return {PQgetvalue(&rows_, index_, c),
                static_cast<std::size_t>(PQgetlength(&rows_, index_, c))};
    }

  private:
    const PGresult& rows_;
    int index_;
};

std::uint64_t number(std::string_view text) noexcept {
    std::uint64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

// False: malformed.
bool read_state(const row& r, feed_poll& out) {
    const auto clock = decode_timestamptz(r[now]);
    if (!clock || r[snapshot].empty()) return false;
    out.snapshot = r[snapshot];
    out.database_now = *clock;
    out.pruned_below = number(r[pruned_below]);
    if (!r.is_null(era)) {
        out.era = std::string(r[system]) + '/';
        *out.era += std::string(r[database]) + '/' + std::string(r[era]);
    }
    if (!r.is_null(organization_type)) {
        const auto form = auth::organization_form_of(r[organization_type]);
        out.changes.organization_ids = form;
        // Told apart otherwise, all that was learned of organizations counts no more.
        if (out.era) *out.era += '/' + std::to_string(static_cast<int>(form));
    }
    return true;
}

bool read_change(const row& r, feed_poll& out) {
    const auto when = decode_timestamptz(r[at]);
    auto hashes = decode_fingerprint_array(r[keys]);
    auto ids = decode_text_array(r[names]);
    if (!when || !hashes || !ids) return false;
    out.committed_at.push_back(*when);
    auto& changes = out.changes;
    if (r[kind] == "api_keys")
        changes.api_keys.insert(changes.api_keys.end(), hashes->begin(), hashes->end());
    else if (r[kind] == "organizations")
        changes.organizations.insert(changes.organizations.end(), ids->begin(), ids->end());
    else if (r[kind] == "revocations")
        return append_revocations(*ids, read_credential_news(r[credential_kind]),
                                  changes.revocations);
    else if (r[kind] == "credentials")
        return append_credentials(*ids, read_credential_news(r[credential_kind]), *when,
                                  changes.revocations);
    else if (r[kind] == "signing_keys")
        out.signing_keys_changed = true;
    else if (r[kind] == "devices")
        for (const auto& id : *ids)
            changes.devices.push_back(crypto::sha256(id));
    else
        changes.everything = true; // TRUNCATE, or what a newer schema has and we cannot read
    return true;
}

} // namespace

std::optional<feed_poll> decode_feed_poll(const pg_result& rows) {
    if (PQnfields(&rows) != columns || PQntuples(&rows) == 0) return std::nullopt;
    feed_poll out;
    if (!read_state(row(rows, 0), out)) return std::nullopt;
    for (int i = 0; i < PQntuples(&rows); ++i) {
        const row r(rows, i);
        if (!r.is_null(kind) && !read_change(r, out)) return std::nullopt;
    }
    return out;
}

std::uint64_t snapshot_xmin(std::string_view text) noexcept {
    return number(text);
}

feed_position::outcome feed_position::advance(const feed_poll& poll) {
    const bool first = !snapshot_;
    const bool same_era = poll.era && poll.era == era_;
    const bool pruned = !first && snapshot_xmin(*snapshot_) < poll.pruned_below;
    snapshot_ = poll.snapshot;
    era_ = poll.era;
    if (!poll.era) {
        // What an era that is just being written can say begins with its own first poll.
        snapshot_.reset();
        return outcome::no_era;
    }
    return first || !same_era || pruned ? outcome::lost : outcome::follows;
}

void poll_schedule::began(core::steady_time now) noexcept {
    wanted_ = false;
    earliest_ = now + distance_;
    regular_ = now + interval_;
}

void poll_schedule::ended(core::steady_time now) noexcept {
    earliest_ = now + distance_;
}

core::steady_time poll_schedule::due() const noexcept {
    return wanted_ ? earliest_ : std::max(earliest_, regular_);
}

} // namespace latchkey::pg
