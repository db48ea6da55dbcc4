#include "subjects.hpp"
#include "../end_to_end/support.hpp"

#include <algorithm>

namespace latchkey::history {

namespace {

constexpr int arrays = 2;
constexpr int elements = 8; // per array
constexpr bool commanded = true;

// An element's name ends in its array and its place in that: "element-1-0".
std::string numbered(const std::string& prefix, int n) {
    return prefix + "-" + std::to_string(n);
}

// Names have three digits, because a text of fewer than eight characters is no API key.
void add(std::vector<subject>& to, int count, const std::string& prefix, const subject& like) {
    for (int i = 1; i <= count; ++i) {
        to.push_back(like);
        to.back().name = prefix + "-" + std::to_string(1000 + i).substr(1);
    }
}

std::vector<subject> make() {
    std::vector<subject> all;
    add(all, 50, "admin", {"", kind::revoked, "VALID", "REVOKED", false, commanded});
    add(all, 10, "told", {"", kind::token, "VALID", "REVOKED", false, commanded});
    add(all, 10, "operated", {"", kind::switched, "VALID", "DISABLED", true, commanded});
    add(all, 6, "gadget", {"", kind::device, "VALID", "DISABLED", true, commanded});
    add(all, 4, "company",
        {"", kind::organization, "VALID", "ORGANIZATION_DISABLED", true, commanded});
    add(all, 40, "revoked", {"", kind::revoked, "VALID", "REVOKED"});
    add(all, 10, "deleted", {"", kind::deleted, "VALID", "NOT_FOUND"});
    add(all, 30, "born", {"", kind::born, "NOT_FOUND", "VALID"});
    add(all, 10, "switched", {"", kind::switched, "VALID", "DISABLED", true});
    for (int a = 1; a <= arrays; ++a)
        for (int e = 0; e < elements; ++e)
            all.push_back(
                {numbered(numbered("element", a), e), kind::element, "VALID", "DISABLED", true});
    add(all, 10, "device", {"", kind::device, "VALID", "DISABLED", true});
    add(all, 6, "organization", {"", kind::organization, "VALID", "ORGANIZATION_DISABLED", true});
    add(all, 12, "token", {"", kind::token, "VALID", "REVOKED"});
    return all;
}

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}
std::string hash_of(const std::string& key) {
    return "sha256('" + key + "'::bytea)";
}
std::string new_key(const std::string& key, const std::string& organization,
                    const std::string& conflicts = {}) {
    return "insert into latchkey.api_keys (key_hash, key_id, organization_id) values (" +
           hash_of(key) + ", " + quoted(key) + ", " + quoted(organization) + ")" + conflicts + ";";
}
std::string update_key(const std::string& key, const std::string& change) {
    return "update latchkey.api_keys set " + change + " where key_hash = " + hash_of(key);
}

std::string create(const subject& s) {
    switch (s.what) {
    case kind::born:
    case kind::element:
        return {};
    case kind::device:
        return "insert into public.device_credentials (device_id, device_secret, organization_id) "
               "values (" +
               quoted(s.name) + ", 'sha256:' || encode(" + hash_of("secret-of-" + s.name) +
               ", 'hex'), 'plain');";
    case kind::organization:
        return "insert into public.organizations (organization_id) values (" + quoted(s.name) +
               ");" + new_key(s.name, s.name);
    default:
        return new_key(s.name, "plain");
    }
}

std::string change_element(const subject& s, const std::string& code) {
    const auto dash = s.name.rfind('-');
    return "update public.organizations set api_keys = jsonb_set(api_keys, '{" +
           s.name.substr(dash + 1) + ",is_active}', '" + (code == "VALID" ? "true" : "false") +
           "') where organization_id = " + quoted("array" + s.name.substr(7, dash - 7));
}

std::string change_once(const subject& s, const std::string& code) {
    const bool good = code == "VALID";
    switch (s.what) {
    case kind::born:
        return new_key(s.name, "plain", " on conflict do nothing");
    case kind::deleted:
        return "delete from latchkey.api_keys where key_hash = " + hash_of(s.name);
    case kind::switched:
        return update_key(s.name, good ? "enabled = true" : "enabled = false");
    case kind::element:
        return change_element(s, code);
    case kind::device:
        return std::string("update public.device_credentials set status = '") +
               (good ? "active" : "inactive") + "' where device_id = " + quoted(s.name);
    case kind::organization:
        return std::string("update public.organizations set status = '") +
               (good ? "active" : "disabled") + "' where organization_id = " + quoted(s.name);
    default:
        return update_key(s.name, "revoked_at = now()");
    }
}

} // namespace

const std::vector<subject>& subjects() {
    static const auto all = make();
    return all;
}

std::map<std::string, std::string> initial_codes() {
    std::map<std::string, std::string> out;
    for (const auto& s : subjects())
        out[s.name] = s.initial;
    return out;
}

const subject* find_subject(const std::string& name) {
    const auto found = std::ranges::find(subjects(), name, &subject::name);
    return found == subjects().end() ? nullptr : &*found;
}

std::string creation() {
    std::string out = "create table public.history_marks (id bigint primary key);"
                      "insert into public.organizations (organization_id) values ('plain');";
    for (int a = 1; a <= arrays; ++a)
        out += "insert into public.organizations (organization_id, api_keys) select " +
               quoted(numbered("array", a)) +
               ", jsonb_agg(jsonb_build_object('is_active', true, 'key_hash', "
               "encode(sha256(convert_to('" +
               numbered("element", a) +
               "-' || n, 'UTF8')), 'hex')) order by n) "
               "from generate_series(0, " +
               std::to_string(elements - 1) + ") n;";
    for (const auto& s : subjects())
        out += create(s);
    return out;
}

std::string change(const subject& s, const std::string& code) {
    const bool is_made_good = code == "VALID" && s.reverts;
    return is_made_good ? change_once(s, s.changed) + "; " + change_once(s, code)
                        : change_once(s, code);
}

std::string ending_command(const subject& s, bool waits, const std::string& mark,
                           const std::string& fields) {
    const std::string query = waits ? "?wait=all" : "";
    if (!s.reverts)
        return test::post("/admin/v1/api-keys/" + s.name + "/revoke" + query, "{}", fields);
    const std::string objects = s.what == kind::device         ? "devices/"
                                : s.what == kind::organization ? "organizations/"
                                                               : "api-keys/";
    auto bytes = test::post("/admin/v1/" + objects + s.name + query,
                            R"({"enabled":false,"name":")" + mark + "\"}", fields);
    return "PATCH" + bytes.substr(bytes.find(' '));
}

std::string question(const subject& s, const std::map<std::string, std::string>& tokens) {
    if (s.what == kind::token)
        return test::post("/api/v1/auth/verify-token", R"({"token":")" + tokens.at(s.name) + "\"}");
    if (s.what == kind::device)
        return test::post("/api/v1/auth/authenticate-device",
                          R"({"device_id":")" + s.name + R"(","device_secret":"secret-of-)" +
                              s.name + "\"}");
    return test::verify(R"({"api_key":")" + s.name + "\"}");
}

} // namespace latchkey::history
