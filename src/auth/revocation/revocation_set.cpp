#include <latchkey/auth/revocation/revocation_set.hpp>

#include "auth/revocation/organization_revocations.hpp"
#include "auth/revocation/revocation_lives.hpp"
#include "auth/revocation/revocation_table.hpp"

#include <latchkey/auth/token/token_claims.hpp>
#include <latchkey/core/cache/hash_mix.hpp>

#include <algorithm>
#include <cstring>

namespace latchkey::auth {

namespace {

constexpr std::size_t entries_min = 512;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

std::int64_t seconds_of(core::real_time t) {
    return std::chrono::floor<core::seconds>(t).time_since_epoch().count();
}
// A token may be accepted for this long after its end.
constexpr core::seconds leeway_max{60};
// Expired revocations are kept for this long, so that a clock that is set back by a few seconds
// makes nothing unknown.
constexpr core::seconds kept_after_end{60};

revocation_table::expiry expiry_of(const revocation& r, revocation_lives& lives) {
    if (!r.expires_at)
        return revocation_table::expiry::life_after(seconds_of(r.created_at), lives.class_of(r));
    if (*r.expires_at == core::real_time::max()) return revocation_table::expiry::at(never);
    return revocation_table::expiry::at(seconds_of(*r.expires_at + leeway_max) + 1);
}

// Rounds up, since dates in tokens are usually in whole seconds.
std::int64_t ceil_seconds_of(core::real_time t) {
    return std::chrono::ceil<core::seconds>(t).time_since_epoch().count();
}

// What the table's value says of a credential: its tokens are revoked that were issued until a
// time, in whole seconds (0: none by time), and those below a generation.
struct credential_end {
    static constexpr std::uint32_t always = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t until = 0;
    std::uint32_t below = 0;

    // The upper bit is flipped, so that what ends nothing is revocation_table::withdrawn.
    static constexpr std::uint64_t flipped = std::uint64_t{1} << 63;
    static constexpr credential_end of(std::int64_t value) noexcept {
        const auto bits = static_cast<std::uint64_t>(value) ^ flipped;
        return {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)};
    }
    constexpr std::int64_t value() const noexcept {
        const auto bits = static_cast<std::uint64_t>(until) << 32 | below;
        return static_cast<std::int64_t>(bits ^ flipped);
    }
    constexpr bool ends(std::int64_t issued, std::uint32_t generation) const noexcept {
        return generation < below || until == always || (until != 0 && issued <= until);
    }
    void take(const revocation_change& change) noexcept {
        const auto& r = change.what;
        if (r.below_generation) {
            below = std::max(below, *r.below_generation);
            return;
        }
        auto now = always;
        if (change.withdrawn)
            now = 0;
        else if (r.issued_before)
            now = static_cast<std::uint32_t>(
                std::clamp<std::int64_t>(ceil_seconds_of(*r.issued_before), 1, always));
        until = change.at_least ? std::max(until, now) : now;
    }
};
static_assert(credential_end{}.value() == revocation_table::withdrawn);

// Places in revocation_keys.
constexpr auto first_credential = static_cast<std::size_t>(revocation_kind::credential);
constexpr auto subject_token = first_credential + source_kinds.size();
constexpr auto exchanged_token = subject_token + 1;
static_assert(exchanged_token + 1 == std::tuple_size_v<revocation_keys>);

bool is_of_credential(std::size_t place) noexcept {
    return place >= first_credential && place < subject_token;
}

// Two lanes of multiplications, over sixteen bytes at a time.
class id_hasher {
  public:
    explicit id_hasher(std::uint64_t seed)
        : a_(seed ^ 0x9e3779b97f4a7c15), b_(core::hash_mix(seed | 1, 0xd1342543de82ef95)) {}

    void add(std::string_view text) noexcept {
        add_words(text.size(), 0x2545f4914f6cdd1d);
        while (!text.empty()) {
            std::uint64_t w[2] = {0, 0};
            const auto n = std::min<std::size_t>(text.size(), sizeof w);
            std::memcpy(w, text.data(), n);
            add_words(w[0], w[1]);
            text.remove_prefix(n);
        }
    }
    void add_words(std::uint64_t x, std::uint64_t y) noexcept {
        a_ = core::hash_mix(a_ ^ x, y ^ 0xa0761d6478bd642f) ^ (a_ << 7 | a_ >> 57);
        b_ = core::hash_mix(b_ ^ y, x ^ 0xe7037ed1a0b428db) ^ (b_ << 11 | b_ >> 53);
    }
    revocation_key finish() const noexcept {
        const auto place = core::hash_mix(a_ ^ 0x8ebc6af09c88c6e3, b_ ^ 0x589965cc75374cc3);
        const auto check = core::hash_mix(b_ ^ 0x1d8e4e27c47d124f, a_ ^ 0xeb44accab455d165);
        return {place | 1, check};
    }

  private:
    std::uint64_t a_;
    std::uint64_t b_;
};

} // namespace

revocation_set::revocation_set(core::epochs& readers, std::uint64_t seed, std::size_t entries_max,
                               core::seconds token_life)
    : seed_(seed),
      entries_max_(entries_max),
      lives_(std::make_unique<revocation_lives>(token_lives::of_all(token_life))),
      organizations_(std::make_unique<organization_revocations>()),
      horizon_(before_all),
      forgotten_until_(before_all),
      table_(std::make_shared<revocation_table>(entries_min), readers) {
    count();
}

revocation_set::~revocation_set() = default;

revocation_key revocation_set::key_of(revocation_kind kind, std::string_view issuer,
                                      std::string_view value) const noexcept {
    id_hasher hash(seed_);
    hash.add_words(static_cast<std::uint64_t>(kind), 0x4d5a2da51de1aa47);
    hash.add(issuer);
    hash.add(value);
    return hash.finish();
}

revocation_key revocation_set::key_of_credential(credential_kind kind,
                                                 std::string_view id) const noexcept {
    return key_of(revocation_kind::credential, name_of(kind), id);
}

revocation_keys revocation_set::keys_of(const token_claims& claims, bool own) const noexcept {
    revocation_keys keys;
    const auto set = [&](revocation_kind kind, std::string_view issuer, const auto& value) {
        if (value) keys[static_cast<std::size_t>(kind)] = key_of(kind, issuer, *value);
    };
    const bool is_of_another = own && claims.subject_issuer;
    const std::string_view whose = is_of_another ? *claims.subject_issuer : claims.issuer;
    set(revocation_kind::token, claims.issuer, claims.token_id);
    set(revocation_kind::subject, whose, claims.subject);
    set(revocation_kind::organization, {}, claims.organization_id);
    set(revocation_kind::disabled_organization, {}, claims.organization_id);
    if (!own || !claims.subject) return keys;
    if (claims.subject_token_id)
        keys[subject_token] = key_of(revocation_kind::token, whose, *claims.subject_token_id);
    if (claims.exchanged_token_id)
        keys[exchanged_token] =
            key_of(revocation_kind::token, claims.issuer, *claims.exchanged_token_id);
    auto place = first_credential;
    for (const auto kind : source_kinds) {
        if (!is_of_another && (!claims.made_from || *claims.made_from == kind))
            keys[place] = key_of_credential(kind, *claims.subject);
        ++place;
    }
    return keys;
}

token_standing revocation_set::check(const revocation_keys& keys,
                                     const std::optional<core::real_time>& issued_at,
                                     core::seconds leeway, core::real_time now,
                                     std::uint32_t generation) const noexcept {
    if (!whole_.load(std::memory_order_acquire)) return token_standing::unknown;
    // The table is read before forgotten_until_: a reader of a table from which something is gone
    // must see the new value.
    const auto& table = table_.read();
    if (forgot_what_lives(now)) return token_standing::unknown;
    const auto issued = issued_at ? seconds_of(*issued_at) - leeway.count() : before_all + 1;
    auto standing = token_standing::good;
    for (std::size_t kind = 0; kind < keys.size(); ++kind) {
        if (keys[kind].place == 0) continue;
        const auto until = table.find(keys[kind]);
        if (!until || *until == revocation_table::withdrawn) continue;
        const bool ends = is_of_credential(kind)
                              ? credential_end::of(*until).ends(issued, generation)
                              : issued <= *until;
        if (!ends) continue;
        const bool disabled =
            static_cast<revocation_kind>(kind) == revocation_kind::disabled_organization;
        if (!disabled) return token_standing::revoked;
        standing = token_standing::organization_disabled;
    }
    return standing;
}

bool revocation_set::has(const revocation_key& key) const noexcept {
    const auto until = table_.read().find(key);
    return until && *until != revocation_table::withdrawn;
}

bool revocation_set::names(credential_kind kind, std::string_view id,
                           std::string_view organization) const noexcept {
    return has(key_of_credential(kind, id)) ||
           has(key_of(revocation_kind::disabled_organization, {}, organization));
}

bool revocation_set::names(const revocation& r) const noexcept {
    if (r.kind != revocation_kind::credential) return has(key_of(r.kind, r.issuer, r.value));
    return std::ranges::any_of(source_kinds, [&](credential_kind kind) {
        return (!r.of || *r.of == kind) && has(key_of_credential(kind, r.value));
    });
}

void revocation_set::set_token_lives(token_lives lives) {
    lives_->set(std::move(lives));
}

const token_lives& revocation_set::lives() const noexcept {
    return lives_->get();
}

void revocation_set::set_organization_ids(organization_form form) {
    organizations_->set_form(form);
}

organization_form revocation_set::organization_ids() const noexcept {
    return organizations_->form();
}

void revocation_set::apply(const revocation_change& change) {
    const auto kind = change.what.kind;
    if (kind != revocation_kind::organization && kind != revocation_kind::disabled_organization)
        return put(change);
    if (!whole() && organizations_->spellings() > entries_max_) return;
    const auto joined = organizations_->joined(change);
    if (organizations_->spellings() > entries_max_)
        return whole_.store(false, std::memory_order_release);
    put(joined);
}

void revocation_set::put(const revocation_change& change) {
    const auto& r = change.what;
    if (r.kind != revocation_kind::credential) {
        apply_to(key_of(r.kind, r.issuer, r.value), change);
    } else {
        for (const auto kind : source_kinds)
            if (!r.of || *r.of == kind) apply_to(key_of_credential(kind, r.value), change);
    }
    count();
}

void revocation_set::apply_to(const revocation_key& key, const revocation_change& change) {
    const auto& r = change.what;
    const auto known = table_.latest()->find(key);
    if (!known && change.withdrawn) return;
    if (!known && is_over(r)) return forgets_what_is_over();
    if (!known && !make_room()) return whole_.store(false, std::memory_order_release);
    if (r.kind == revocation_kind::credential) {
        auto end = known ? credential_end::of(*known) : credential_end();
        end.take(change);
        return store(key, end.value(), r);
    }
    auto until = r.issued_before ? ceil_seconds_of(*r.issued_before) : revocation_table::always;
    if (change.withdrawn) until = revocation_table::withdrawn;
    if (change.at_least && known) until = std::max(until, *known);
    store(key, until, r);
}

void revocation_set::store(const revocation_key& key, std::int64_t until, const revocation& r) {
    const auto expires = expiry_of(r, *lives_);
    const bool keeps_later = r.kind == revocation_kind::credential;
    if (!table_.latest()->put(key, until, expires, keeps_later)) {
        grow();
        table_.latest()->put(key, until, expires, keeps_later);
    }
}

// Expired entries do not count for the bound. They are searched for only when an eighth of all
// entries may have expired: the cost of each search is spread over the rows since the last one. A
// set that is not whole decides nothing, and makes no room.
bool revocation_set::make_room() {
    if (!whole()) return false;
    if (table_.latest()->size() < entries_with_dead_max()) return true;
    const auto living = count_living();
    if (living > entries_max_) return false;
    copy_living(living);
    return true;
}

bool revocation_set::has_room() const noexcept {
    return table_.latest()->size() < entries_max_ - entries_max_ / 10;
}

std::size_t revocation_set::count_living() {
    looks_ += table_.latest()->size();
    return table_.latest()->living({horizon_, lives_->seconds()});
}

void revocation_set::copy_living(std::size_t living) {
    if (living < table_.latest()->size()) forgets_what_is_over();
    auto next = std::make_shared<revocation_table>(std::max(entries_min, living + living / 4));
    table_.latest()->copy_to(*next, {horizon_, lives_->seconds()});
    table_.publish(std::move(next));
}

void revocation_set::set_clock(core::real_time now) noexcept {
    horizon_ = seconds_of(now - kept_after_end);
}

bool revocation_set::is_over(const revocation& r) const {
    return !revocation_table::horizon{horizon_, lives_->seconds()}.is_before(expiry_of(r, *lives_));
}

// Call before the readers can miss an entry.
void revocation_set::forgets_what_is_over() noexcept {
    forgotten_until_.store(std::max(forgotten_until_.load(), horizon_));
}

bool revocation_set::forgot_some() const noexcept {
    return forgotten_until_.load(std::memory_order_acquire) != before_all;
}

bool revocation_set::forgot_what_lives(core::real_time now) const noexcept {
    return seconds_of(now) < forgotten_until_.load(std::memory_order_acquire);
}

void revocation_set::grow() {
    const auto& old = *table_.latest();
    auto next = std::make_shared<revocation_table>(old.entries_max() + old.entries_max() / 2);
    old.copy_to(*next, {before_all, lives_->seconds()});
    table_.publish(std::move(next));
}

void revocation_set::forget() {
    table_.publish(std::make_shared<revocation_table>(entries_min));
    organizations_->forget();
    forgotten_until_.store(before_all);
    whole_.store(true, std::memory_order_release);
    count();
}

// The table is copied only if a quarter of it has expired, or if the copy makes the set whole
// again.
void revocation_set::prune(core::real_time now) {
    table_.reclaim();
    set_clock(now);
    const auto spellings = organizations_->spellings();
    organizations_->prune([this](const revocation& r) { return is_over(r); });
    if (organizations_->spellings() < spellings) forgets_what_is_over();
    const auto size = table_.latest()->size();
    const auto living = count_living();
    const bool makes_room = !whole() && living < entries_max_ - entries_max_ / 10;
    if (living == size || (living > size - size / 4 && !makes_room)) return;
    copy_living(living);
    count();
}

void revocation_set::count() {
    const auto& table = *table_.latest();
    entries.set(static_cast<std::int64_t>(table.size()));
    bytes.set(static_cast<std::int64_t>(table.bytes()));
}

} // namespace latchkey::auth
