#pragma once
// How servers read the feed's rows about credentials: servers of this version, and of the one that
// knew credentials only by id. Both may run at once while a fleet is upgraded.

#include "pg/lookup/token_rows.hpp"
#include "support.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

/// One row of latchkey.changes.
struct feed_row {
    std::string kind;
    bool hashes_are_whole = true; ///< all have 32 bytes, and none is NULL
    std::vector<std::string> names;
    std::string credential_kind; ///< empty: NULL
};

/// Returns the rows above `after`, and sets it to the last row's number.
inline std::vector<feed_row> read_feed(test_database& database, std::string& after) {
    std::map<long long, feed_row> found;
    for (const auto& r : database.query(
             "select c.seq, c.kind, coalesce((select bool_and(octet_length(k) = 32 and k is not"
             " null) from unnest(c.keys) as k), true), n.name, n.place, c.credential_kind"
             " from latchkey.changes c left join lateral unnest(c.names) with ordinality"
             " as n (name, place) on true where c.seq > " +
             after + " order by c.seq, n.place")) {
        auto& one = found[std::stoll(r[0].value())];
        one.kind = r[1].value();
        one.hashes_are_whole = r[2] == "t";
        one.credential_kind = r[5].value_or("");
        if (r[4]) one.names.push_back(r[3].value_or("NULL"));
    }
    std::vector<feed_row> out;
    for (auto& [seq, one] : found) {
        after = std::to_string(seq);
        out.push_back(std::move(one));
    }
    return out;
}

/// Follows the decoder of the version without kinds. Throws for what it could not read: that server
/// would refuse the whole poll again and again.
class older_reader {
  public:
    void read(const feed_row& told) {
        if (!told.hashes_are_whole) throw std::runtime_error("a hash is not whole");
        if (told.kind == "credentials")
            for (const auto& name : told.names)
                take(name, "credential", name.substr(std::min<std::size_t>(1, name.size())));
        else if (told.kind == "revocations")
            read_revocations(told.names);
        else if (told.kind == "everything")
            ++emptied;
        else if (std::ranges::find(ignored, told.kind) == ignored.end())
            throw std::runtime_error("its cache is emptied at each row of kind " + told.kind);
    }
    /// Reads a row of latchkey.revocations, as that server does when it starts.
    void load(const std::string& kind, const std::string& issuer, const std::string& value) {
        take("+" + kind, kind, issuer.empty() ? value : issuer + " " + value);
    }
    std::set<std::string> revoked; ///< ids of credentials
    int emptied = 0;

  private:
    static constexpr std::array<std::string_view, 5> kinds = {
        "token", "subject", "organization", "disabled_organization", "credential"};
    static constexpr std::array<std::string_view, 4> ignored = {"api_keys", "organizations",
                                                                "devices", "signing_keys"};

    static bool is_time(const std::string& text) {
        if (text == "infinity" || text == "-infinity") return true;
        const std::size_t digits = text.starts_with('-') ? 1 : 0;
        return text.size() > digits &&
               std::all_of(text.begin() + static_cast<long>(digits), text.end(),
                           [](unsigned char c) { return std::isdigit(c) != 0; });
    }
    void read_revocations(const std::vector<std::string>& names) {
        if (names.size() % 6 != 0) throw std::runtime_error("six texts are a revocation");
        for (std::size_t i = 0; i < names.size(); i += 6) {
            const auto* one = &names[i];
            for (const auto& time : {one[3], one[4]})
                if (!time.empty() && !is_time(time)) throw std::runtime_error("no time: " + time);
            if (!is_time(one[5])) throw std::runtime_error("no time: " + one[5]);
            if (one[0].empty()) throw std::runtime_error("no sign");
            // With an issuer, the id is not one that this server asks for.
            take(one[0], one[0].substr(1), one[1].empty() ? one[2] : one[1] + " " + one[2]);
        }
    }
    void take(const std::string& sign, const std::string& kind, const std::string& id) {
        if (!sign.starts_with('+') && !sign.starts_with('-'))
            throw std::runtime_error("no sign: " + sign);
        if (std::ranges::find(kinds, kind) == kinds.end())
            throw std::runtime_error("no kind: " + kind);
        if (kind != "credential") return;
        if (sign.starts_with('+'))
            revoked.insert(id);
        else
            revoked.erase(id);
    }
};

/// Uses the decoder of this version; ids are "api_key ID" and "device ID".
class current_reader {
  public:
    void read(const feed_row& told) {
        std::vector<auth::revocation_change> news;
        const auto kind_news = pg::read_credential_news(told.credential_kind);
        const bool good =
            told.kind == "credentials"   ? pg::append_credentials(told.names, kind_news, {}, news)
            : told.kind == "revocations" ? pg::append_revocations(told.names, kind_news, news)
                                         : true;
        if (!good) throw std::runtime_error("a row cannot be read");
        for (const auto& one : news) {
            if (one.what.kind != auth::revocation_kind::credential) continue;
            for (const auto kind : auth::source_kinds) {
                if (one.what.of && *one.what.of != kind) continue;
                const auto id = std::string(name_of(kind)) + " " + one.what.value;
                if (one.withdrawn)
                    revoked.erase(id);
                else
                    revoked.insert(id);
            }
        }
    }
    std::set<std::string> revoked;
};

} // namespace latchkey::test
