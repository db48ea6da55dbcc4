#pragma once
// A primary and its standby, and a node that reads one of them.

#include "own_server.hpp"
#include "running_feed.hpp"
#include "running_store.hpp"

#include <unistd.h>

#include <memory>
#include <string>

namespace latchkey::test {

inline pg::configuration hasty(const std::string& uri) {
    auto out = configuration_for(uri);
    out.feed_timeout = core::milliseconds(500);
    out.connect_timeout = core::milliseconds(1000);
    return out;
}

// A node's feed and look-ups, behind one fence.
struct following_node {
    running_feed feed;
    running_store store;

    explicit following_node(const std::string& uri, bool remembers = false)
        : feed(hasty(uri), auth::token_lives::of_all(core::seconds(0)), remembers),
          store(hasty(uri), {2, 0}, auth::legacy_device_secret::unset, {.enabled = false},
                &feed.fence) {}
    template <class Condition>
    void run_until(Condition condition) {
        feed.run_until([&] {
            store.loop.poll();
            return condition();
        });
    }
    void run_until_serving() {
        run_until([&] { return feed.fresh() && store.store.status().reachable; });
    }
    // "found", "revoked", "closed" (by its organization), "absent", or the reason why it is not
    // decided.
    std::string ask(std::size_t key) {
        question q(key_number(key));
        store.store.find_api_key(q);
        run_until([&] { return q.complete_called; });
        if (q.outcome() != "found") return q.outcome();
        if (q.record->facts().revoked) return "revoked";
        return q.record->facts().organization_enabled ? "found" : "closed";
    }
};

inline std::string revoke_key(std::size_t key) {
    return "update latchkey.api_keys set revoked_at = now() where key_id = '" +
           key_id_of(key_number(key)) + "'";
}
inline std::string revoke_token(const std::string& id) {
    return "insert into latchkey.revocations (kind, issuer, value) values ('token', 'i', '" + id +
           "')";
}
inline void caught_up(const own_server& primary, const own_server& standby) {
    const auto position = session(primary.uri()).value("select pg_current_wal_insert_lsn()");
    session at(standby.uri());
    while (at.value("select coalesce(pg_last_wal_replay_lsn() >= '" + position + "', false)") !=
           "t")
        ::usleep(10'000);
}

// A primary, its standby, and an address that leads to the primary.
struct pair_of_servers {
    server_folder folder;
    own_server a{folder, "a"};
    std::unique_ptr<own_server> b;
    const std::string address = folder.file("address");

    pair_of_servers() {
        make_latchkey(a);
        session(a.uri()).exec(fill_with_keys(2));
        b = std::make_unique<own_server>(folder, "b", &a);
        caught_up(a, *b);
        lead_to(a);
    }
    void lead_to(const own_server& server) const {
        server_folder::as_owner("ln -sfn " + server.sockets() + " " + address);
    }
};

} // namespace latchkey::test
