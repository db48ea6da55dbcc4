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

struct fake_admin_store : auth::lifecycle_store,
                          auth::revocation_store,
                          auth::signing_key_store,
                          auth::device_store,
                          auth::audit_store {
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
    auth::operation<auth::name_lookup> find_organization(std::string given) override {
        if (given == "away")
            co_return core::failure{core::failure_kind::unavailable, "the database is away"};
        co_return find("organization ", given);
    }
    auth::operation<auth::name_lookup> find_credential(std::string given) override {
        co_return find("credential ", given);
    }
    auth::operation<auth::stored_revocation> create_revocation(auth::revocation what,
                                                               std::optional<std::string> reason,
                                                               auth::operator_request&) override {
        what.created_at = at;
        stored.push_back({std::to_string(stored.size() + 1), std::move(what), std::move(reason)});
        co_return stored.back();
    }
    auth::operation<std::vector<auth::stored_revocation>>
    list_revocations(auth::revocation_page asked) override {
        page = asked;
        auto found = stored;
        found.resize(std::min(found.size(), asked.limit));
        co_return std::move(found);
    }
    // An organization's own are those that name it.
    auth::operation<auth::found_page<auth::stored_revocation>>
    list_own_revocations(auth::revocation_page asked, auth::revocation_reach only) override {
        page = asked;
        reach = only;
        auth::found_page<auth::stored_revocation> found;
        for (const auto& one : stored)
            if (one.what.value == only.organization_id) found.objects.push_back(one);
        found.next = own_next;
        co_return std::move(found);
    }
    std::optional<auth::revocation_reach> reach;
    std::optional<std::string> own_next;
    auth::operation<auth::stored_revocation>
    delete_revocation(std::string id, std::optional<auth::revocation_reach> only,
                      auth::operator_request&) override {
        reach = only;
        for (const auto& one : stored)
            if (one.id == id && (!only || one.what.value == only->organization_id)) co_return one;
        co_return core::failure{core::failure_kind::not_found, "there is no revocation " + id};
    }
    auth::operation<std::vector<auth::signing_key>> list_signing_keys() override { co_return keys; }
    auth::operation<bool> add_first_signing_key(auth::new_signing_key,
                                                auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<bool> add_next_signing_key(auth::new_signing_key, core::real_time,
                                               auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<bool> promote_signing_key(std::string, core::seconds,
                                              auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<bool> retire_signing_key(std::string, core::seconds,
                                             auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<bool> rotate_signing_key(auth::new_signing_key, bool, core::seconds,
                                             auth::operator_request&) override {
        co_return core::failure{};
    }

    auth::operation<auth::organization> create_organization(auth::new_organization,
                                                            auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<core::real_time> create_api_key(auth::new_api_key,
                                                    auth::operator_request&) override {
        co_return core::failure{};
    }
    auth::operation<auth::revoked_api_key> revoke_api_key(auth::revocation_request asked,
                                                          auth::operator_request&) override {
        revocations.push_back(asked);
        if (asked.key_id == "none")
            co_return core::failure{core::failure_kind::not_found, "there is no key \"none\""};
        if (asked.key_id == "away")
            co_return core::failure{core::failure_kind::unavailable, "the database is away"};
        co_return auth::revoked_api_key{{}, asked.key_id, "o\"1", at, asked.reason};
    }
    std::vector<auth::key_rotation> key_rotations;
    std::vector<std::string> finished;
    auth::operation<auth::rotated_api_key> rotate_api_key(auth::key_rotation asked,
                                                          auth::operator_request&) override {
        if (asked.key_id == "none")
            co_return core::failure{core::failure_kind::not_found, "there is no key \"none\""};
        key_rotations.push_back(asked);
        auth::rotated_api_key now{asked.key_id, {}, {asked.key_hash}};
        if (asked.overlap > core::seconds(0)) now.previous_until = at + asked.overlap;
        co_return std::move(now);
    }
    auth::operation<auth::rotated_api_key> finish_key_rotation(std::string key_id,
                                                               std::optional<std::string>,
                                                               auth::operator_request&) override {
        finished.push_back(key_id);
        co_return auth::rotated_api_key{key_id, {}, {}};
    }
    auth::operation<std::vector<auth::node_entry>> list_nodes() override { co_return nodes; }

    /// The scopes of callers that every key has.
    auth::caller_scopes held;

    // --- Organizations and API keys ---
    std::vector<auth::organization> organizations;
    std::vector<auth::stored_api_key> api_keys;
    std::vector<auth::object_page> organization_pages;
    std::vector<auth::api_key_page> key_pages;
    std::optional<auth::organization_change> organization_change;
    std::optional<auth::api_key_change> key_change;
    std::size_t empty_pages = 0; ///< of the keys' list, each with a next one

    auth::operation<auth::found_page<auth::organization>>
    list_organizations(auth::object_page asked) override {
        organization_pages.push_back(asked);
        co_return auth::found_page<auth::organization>{organizations, {}};
    }
    auth::operation<auth::organization> show_organization(std::string id,
                                                          std::optional<std::string>) override {
        for (const auto& one : organizations)
            if (one.organization_id == id) co_return one;
        co_return core::failure{core::failure_kind::not_found, "there is no organization"};
    }
    auth::operation<auth::organization> change_organization(auth::organization_change asked,
                                                            auth::operator_request&) override {
        organization_change = asked;
        for (auto one : organizations) {
            if (one.organization_id != asked.organization_id) continue;
            one.enabled = asked.enabled.value_or(one.enabled);
            one.read_at = at;
            co_return one;
        }
        co_return core::failure{core::failure_kind::not_found, "there is no organization"};
    }
    auth::operation<auth::found_page<auth::stored_api_key>>
    list_api_keys(auth::api_key_page asked) override {
        key_pages.push_back(asked);
        if (asked.after == "no id")
            co_return core::failure{core::failure_kind::invalid, "the database does not take it"};
        auth::found_page<auth::stored_api_key> found;
        if (key_pages.size() <= empty_pages) {
            found.next = "after page " + std::to_string(key_pages.size());
        } else {
            found.objects = api_keys;
            if (found.objects.size() > asked.limit) {
                found.objects.resize(asked.limit);
                found.next = found.objects.back().key_id;
            }
        }
        co_return found;
    }
    auth::operation<auth::key_standing> standing_of_key(std::string id) override {
        looked_up.push_back("key " + id);
        if (id == "away") co_return core::failure{core::failure_kind::unavailable, "it is away"};
        for (const auto& one : api_keys)
            if (one.key_id == id) co_return auth::key_standing{one.organization_id, held};
        co_return core::failure{core::failure_kind::not_found, "there is no key"};
    }
    auth::operation<auth::stored_api_key> show_api_key(std::string id,
                                                       std::optional<std::string>) override {
        for (const auto& one : api_keys)
            if (one.key_id == id) co_return one;
        co_return core::failure{core::failure_kind::not_found, "there is no key"};
    }
    auth::operation<auth::stored_api_key> change_api_key(auth::api_key_change asked,
                                                         auth::operator_request&) override {
        key_change = asked;
        for (auto one : api_keys) {
            if (one.key_id != asked.key_id) continue;
            one.enabled = asked.enabled.value_or(one.enabled);
            one.read_at = at;
            co_return one;
        }
        co_return core::failure{core::failure_kind::not_found, "there is no key"};
    }

    // --- The audit trail ---
    auth::audit_page trail;
    std::optional<auth::audit_query> trail_asked;
    auth::operation<auth::audit_page> list_audit_events(auth::audit_query asked) override {
        trail_asked = std::move(asked);
        co_return trail;
    }
    auth::operation<std::string> record_act(auth::audit_act, auth::operator_request&) override {
        co_return core::failure{};
    }

    // --- Devices ---
    bool devices_away = false; ///< no device can be shown
    std::vector<auth::new_device> registered;
    std::vector<auth::device> devices;
    std::optional<auth::device_page> devices_page;
    std::optional<auth::object_page> device_list;
    std::optional<auth::device_change> device_change;
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
    auth::operation<core::real_time> register_device(auth::new_device one,
                                                     auth::operator_request&) override {
        if (find(one.device_id))
            co_return core::failure{core::failure_kind::conflict, "the id is taken"};
        registered.push_back(std::move(one));
        co_return at;
    }
    auth::operation<auth::found_page<auth::device>> list_devices(auth::object_page asked) override {
        device_list = asked;
        auth::found_page<auth::device> found{devices, {}};
        if (found.objects.size() > asked.limit) {
            found.objects.resize(asked.limit);
            found.next = found.objects.back().device_id;
        }
        co_return found;
    }
    auth::operation<auth::device> show_device(std::string id, std::optional<std::string>) override {
        looked_up.push_back("device " + id);
        if (devices_away) co_return core::failure{core::failure_kind::unavailable, "it is away"};
        co_return find(id);
    }
    auth::operation<auth::device> change_device(auth::device_change asked,
                                                auth::operator_request&) override {
        device_change = asked;
        auto found = find(asked.device_id);
        if (found && asked.enabled) found->enabled = *asked.enabled;
        if (found) found->read_at = at;
        co_return std::move(found);
    }
    auth::operation<auth::device> rotate_device(auth::device_rotation asked,
                                                auth::operator_request&) override {
        auto found = find(asked.device_id);
        if (found && asked.overlap > core::seconds(0)) found->previous_until = at + asked.overlap;
        rotation = std::move(asked);
        co_return std::move(found);
    }
    auth::operation<auth::device> finish_device_rotation(std::string id, std::optional<std::string>,
                                                         auth::operator_request&) override {
        finished.push_back(id);
        co_return find(id);
    }
    auth::operation<auth::device> revoke_device(std::string id, std::optional<std::string> reason,
                                                std::optional<std::string>,
                                                auth::operator_request&) override {
        auto found = find(id);
        if (found) {
            found->revoked_at = at;
            found->revoked_reason = std::move(reason);
        }
        co_return std::move(found);
    }
    auth::operation<auth::imported_devices> import_devices(std::vector<auth::new_device> all,
                                                           auth::operator_request&) override {
        imported = std::move(all);
        co_return auth::imported_devices{imported.size() - skipped.size(), skipped};
    }
    std::vector<auth::stored_device> to_export;
    auth::object_page exported;
    auth::operation<std::vector<auth::stored_device>>
    export_devices(auth::object_page asked) override {
        exported = asked;
        auto found = to_export;
        if (found.size() > asked.limit) found.resize(asked.limit);
        co_return found;
    }
    auth::bare_secret_counts bare_counts;
    auth::operation<auth::bare_secret_counts> count_bare_secrets() override {
        co_return bare_counts;
    }
    auth::operation<std::vector<auth::legacy_device>>
    legacy_device_page(auth::device_page asked) override {
        devices_page = asked;
        co_return bare;
    }
    auth::operation<bool> rehash_device(auth::device_rehash one, auth::operator_request&) override {
        const bool same = one.device_id != "changed";
        rehashed.push_back(std::move(one));
        co_return same;
    }
};

// What the endpoints had this process apply.
struct applied_changes {
    std::vector<core::fingerprint> keys;
    std::vector<core::fingerprint> devices;
    std::vector<std::string> organizations;
    std::vector<auth::revocation> revocations;
};

struct answered {
    int status;
    std::string bytes;
    std::string body;
    applied_changes applied{};
};

answered ask(fake_admin_store& store, const http::request& request,
             auth::legacy_device_secret legacy = auth::legacy_device_secret::unset);
/// A caller of o1 asks over TCP.
answered ask_as(const auth::caller_scopes& scopes, fake_admin_store& store,
                const http::request& request);
/// Asked over TCP, by a caller that may change what is of one organization.
answered ask_bound(fake_admin_store& store, const http::request& request,
                   const std::string& organization);

/// With a JSON body.
http::request patch(std::string_view path, std::string_view body);
http::request revoke(std::string_view path, std::string_view body,
                     std::string_view type = "application/json");
http::request get(std::string_view path);

} // namespace latchkey::test
