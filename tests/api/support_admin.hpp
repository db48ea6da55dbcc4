#pragma once
// The admin listener's endpoints on a store that answers at once.

#include <latchkey/api/admin_api.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

inline const core::real_time at =
    core::real_time(std::chrono::seconds(1'800'000'000)) + std::chrono::milliseconds(250);

struct fake_admin_store final : auth::lifecycle_store,
                                auth::revocation_store,
                                auth::signing_key_store,
                                auth::device_store {
    template <class T>
    using completion = auth::lifecycle_store::completion<T>;

    std::vector<auth::revocation_request> revocations;
    std::vector<auth::node_entry> nodes;
    auth::token_configuration settings;
    std::vector<auth::stored_revocation> stored;
    std::optional<auth::revocation_page> page;
    std::vector<auth::signing_key> keys;
    std::vector<auth::issuer> trusted = {issuer_named("i")};
    /// Existing organizations and credentials, by their ids in lower case.
    std::vector<auth::name_lookup::other> known = {{"o", "Acme"}, {"s", ""}};
    std::vector<std::string> looked_up;

    static auth::issuer issuer_named(std::string name, bool revocable = true) {
        auth::issuer one;
        one.rules.issuer = std::move(name);
        one.rules.revocable = revocable;
        return one;
    }
    auth::name_lookup find(const std::string& kind, const std::string& given) {
        looked_up.push_back(kind + given);
        auth::name_lookup found{given == "O" ? "o" : given, false, known};
        for (const auto& one : known)
            if (one.id == found.id) found = {found.id, true, {}};
        return found;
    }
    void find_organization(std::string given, completion<auth::name_lookup> done) override {
        if (given == "away")
            return done(core::failure{core::failure_kind::unavailable, "the database is away"});
        done(find("organization ", given));
    }
    void find_credential(std::string given, completion<auth::name_lookup> done) override {
        done(find("credential ", given));
    }
    void create_revocation(auth::revocation what, std::optional<std::string> reason,
                           completion<auth::stored_revocation> done) override {
        what.created_at = at;
        stored.push_back({std::to_string(stored.size() + 1), std::move(what), std::move(reason)});
        done(stored.back());
    }
    void list_revocations(auth::revocation_page asked,
                          completion<std::vector<auth::stored_revocation>> done) override {
        page = asked;
        auto found = stored;
        found.resize(std::min(found.size(), asked.limit));
        done(std::move(found));
    }
    void delete_revocation(std::string id, completion<auth::stored_revocation> done) override {
        for (const auto& one : stored)
            if (one.id == id) return done(one);
        done(core::failure{core::failure_kind::not_found, "there is no revocation " + id});
    }
    void list_signing_keys(completion<std::vector<auth::signing_key>> done) override { done(keys); }
    void add_first_signing_key(auth::new_signing_key, completion<bool>) override {}
    void add_next_signing_key(auth::new_signing_key, core::real_time, completion<bool>) override {}
    void promote_signing_key(std::string, core::seconds, completion<bool>) override {}
    void retire_signing_key(std::string, core::seconds, completion<bool>) override {}
    void rotate_signing_key(auth::new_signing_key, bool, core::seconds, completion<bool>) override {
    }

    void create_organization(auth::new_organization, completion<auth::organization>) override {}
    void create_api_key(auth::new_api_key, completion<core::real_time>) override {}
    void revoke_api_key(auth::revocation_request asked,
                        completion<auth::revoked_api_key> done) override {
        revocations.push_back(asked);
        if (asked.key_id == "none")
            return done(core::failure{core::failure_kind::not_found, "there is no key \"none\""});
        if (asked.key_id == "away")
            return done(core::failure{core::failure_kind::unavailable, "the database is away"});
        done(auth::revoked_api_key{{}, asked.key_id, "o\"1", at, asked.reason});
    }
    void list_nodes(completion<std::vector<auth::node_entry>> done) override { done(nodes); }

    // --- Devices ---
    std::vector<auth::new_device> registered;
    std::vector<auth::device> devices;
    std::optional<auth::device_page> devices_page;
    std::optional<auth::device_rotation> rotation;
    std::vector<auth::new_device> imported;
    std::vector<auth::skipped_device> skipped;
    std::vector<auth::legacy_device> bare;
    std::vector<auth::device_rehash> rehashed;

    core::result<auth::device> find(const std::string& id) {
        for (const auto& one : devices)
            if (one.device_id == id) return one;
        return core::failure{core::failure_kind::not_found, "there is no device \"" + id + '"'};
    }
    void register_device(auth::new_device one, completion<core::real_time> done) override {
        if (find(one.device_id))
            return done(core::failure{core::failure_kind::conflict, "the id is taken"});
        registered.push_back(std::move(one));
        done(at);
    }
    void list_devices(auth::device_page asked,
                      completion<std::vector<auth::device>> done) override {
        devices_page = asked;
        auto found = devices;
        found.resize(std::min(found.size(), asked.limit));
        done(std::move(found));
    }
    void show_device(std::string id, completion<auth::device> done) override { done(find(id)); }
    void rotate_device(auth::device_rotation asked, completion<auth::device> done) override {
        auto found = find(asked.device_id);
        if (found && asked.overlap > core::seconds(0)) found->previous_until = at + asked.overlap;
        rotation = std::move(asked);
        done(std::move(found));
    }
    void revoke_device(std::string id, std::optional<std::string> reason,
                       completion<auth::device> done) override {
        auto found = find(id);
        if (found) {
            found->revoked_at = at;
            found->revoked_reason = std::move(reason);
        }
        done(std::move(found));
    }
    void import_devices(std::vector<auth::new_device> all,
                        completion<auth::imported_devices> done) override {
        imported = std::move(all);
        done(auth::imported_devices{imported.size() - skipped.size(), skipped});
    }
    auth::bare_secret_counts bare_counts;
    void count_bare_secrets(completion<auth::bare_secret_counts> done) override {
        done(bare_counts);
    }
    void legacy_device_page(auth::device_page asked,
                            completion<std::vector<auth::legacy_device>> done) override {
        devices_page = asked;
        done(bare);
    }
    void rehash_device(auth::device_rehash one, completion<bool> done) override {
        const bool same = one.device_id != "changed";
        rehashed.push_back(std::move(one));
        done(same);
    }
};

struct answered {
    int status;
    std::string bytes;
    std::string body;
};

answered ask(fake_admin_store& store, const http::request& request,
             auth::legacy_device_secret legacy = auth::legacy_device_secret::unset);

http::request revoke(std::string_view path, std::string_view body,
                     std::string_view type = "application/json");
http::request get(std::string_view path);

} // namespace latchkey::test
