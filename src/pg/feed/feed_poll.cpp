#include "pg/feed/feed_poll.hpp"

#include "pg/connection/wire.hpp"
#include "pg/lookup/token_rows.hpp"

#include <latchkey/crypto/digest.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::pg {

namespace {

enum column {
    snapshot,
    era,
    place,
    taken_at,
    pruned_below,
    beat,
    now,
    more,
    seq,
    at,
    kind,
    keys,
    names,
    credential_kind,
    organization_type,
    started,
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

// Returns false if the row is malformed.
bool read_state(const row& r, feed_poll& out) {
    const auto clock = decode_timestamptz(r[now]);
    const auto further = decode_bool(r[more]);
    if (!clock || !further || r[snapshot].empty() || r[taken_at].empty() || r[place].empty())
        return false;
    out.snapshot = r[snapshot];
    out.taken_at = r[taken_at];
    out.database_now = *clock;
    out.more = *further;
    out.pruned_below = number(r[pruned_below]);
    out.identity.place = r[place];
    out.identity.started = r[started];
    if (!r.is_null(era)) out.identity.era = r[era];
    if (!r.is_null(beat)) {
        const auto told = decode_int8(r[beat]);
        if (!told || *told < 0) return false;
        out.beat = static_cast<std::uint64_t>(*told);
    }
    if (!r.is_null(organization_type))
        out.changes.organization_ids = auth::organization_form_of(r[organization_type]);
    return true;
}

bool read_change(const row& r, feed_poll& out) {
    const auto place_in_feed = decode_int8(r[seq]);
    const auto when = decode_timestamptz(r[at]);
    auto hashes = decode_fingerprint_array(r[keys]);
    auto ids = decode_text_array(r[names]);
    if (!place_in_feed || !when || !hashes || !ids) return false;
    out.last_seq = *place_in_feed;
    out.committed_at.push_back(*when);
    auto& changes = out.changes;
    if (r[kind] == "api_keys") {
        changes.api_keys.insert(changes.api_keys.end(), hashes->begin(), hashes->end());
        return append_generations(*ids, *when, changes.revocations);
    }
    if (r[kind] == "organizations")
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
        changes.everything = true; // TRUNCATE, or a kind of a newer schema
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

std::uint64_t snapshot_xmax(std::string_view text) noexcept {
    const auto colon = text.find(':');
    return colon == std::string_view::npos ? 0 : number(text.substr(colon + 1));
}

// Returns why changes may be missing.
feed_position::loss feed_position::find_loss(const feed_poll& poll,
                                             const node_memory& memory) const {
    if (origin_ && origin_->identity.place != poll.identity.place)
        return {"it is another server, database or timeline than before"};
    if (origin_ && origin_->identity.era != poll.identity.era)
        return {"the server has crashed, was promoted, or is a restored one"};
    if (has_gone_back(poll)) return {"the database has gone back in time"};
    if (!memory.agrees_with(poll.beat)) return {"the database has forgotten what it knew"};
    if (origin_ && origin_->identity.started != poll.identity.started)
        return {"the server was started anew"};
    if (origin_ && origin_->form != poll.changes.organization_ids)
        return {"the type of organizations' ids is another one", false};
    if (!snapshot_) return {"it is read for the first time", false};
    if (snapshot_xmin(*snapshot_) < poll.pruned_below)
        return {"it was away for longer than changes are kept", false};
    return {};
}

feed_position::outcome feed_position::advance(const feed_poll& poll, node_memory& memory) {
    lost_ = find_loss(poll, memory);
    origin_ = {poll.identity, poll.changes.organization_ids};
    xmax_ = snapshot_xmax(poll.taken_at);
    const bool has_era = poll.identity.era || era_in_memory_;
    if (!has_era && lost_.why.empty()) lost_ = {"the server has crashed or was promoted"};
    if (!lost_.why.empty()) {
        leave(poll, memory);
        // A new era counts from its own first poll.
        if (!has_era) return outcome::no_era;
        snapshot_ = poll.taken_at;
        return outcome::lost;
    }
    if (poll.more) {
        target_ = poll.snapshot;
        after_ = poll.last_seq;
    } else {
        forget();
        snapshot_ = poll.snapshot;
    }
    return outcome::follows;
}

// Nothing that was sent to the database before counts in this one.
void feed_position::leave(const feed_poll& poll, node_memory& memory) {
    memory.forget(poll.beat);
    forget();
    announcing_.reset();
    announced_.reset();
}

void feed_position::resume(const feed_poll& poll, node_memory& memory) {
    leave(poll, memory);
    origin_ = {poll.identity, poll.changes.organization_ids};
    xmax_ = snapshot_xmax(poll.taken_at);
    snapshot_ = poll.snapshot;
}

void feed_position::forget() noexcept {
    snapshot_.reset();
    target_.reset();
    after_ = 0;
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
