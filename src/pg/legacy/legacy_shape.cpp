#include "pg/legacy/legacy_shape.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <set>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;
using columns = std::vector<legacy_column>;

const legacy_name& name_of(std::string legacy_names::*field) {
    return *std::ranges::find(all_legacy_names, field, &legacy_name::field);
}

std::string listed(const columns& all) {
    std::string out;
    for (const auto& column : all)
        out += (out.empty() ? "" : ", ") + column.name;
    return out;
}

// Returns small letters and digits only: "apiKeys" and "API_keys" become "apikeys".
std::string plain(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    }
    return out;
}

bool is_called(const legacy_column& column, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, plain(column.name)) != names.end();
}

bool may_hold_keys(const legacy_column& c) {
    return c.type == "jsonb" && is_called(c, {"apikeys", "apikey", "keys", "key", "apikeyhashes",
                                              "apikeysjson", "accesskeys"});
}
bool may_hold_a_secret(const legacy_column& c) {
    return is_called(c, {"secret", "secrethash", "hashedsecret", "devicesecrethash", "secretkey",
                         "clientsecret", "credential", "credentialhash"});
}
bool is_key(const legacy_column& c) {
    return c.is_key;
}
bool is_called_org_id(const legacy_column& c) {
    return c.name == "org_id";
}
bool names_an_organization(const legacy_column& c) {
    return c.names_an_organization;
}

bool is_jsonb(std::string_view type) {
    return type == "jsonb";
}
bool is_no_boolean(std::string_view type) {
    return type != "boolean";
}
constexpr const char* a_status = "a text: \"active\", or another that is not";

// Returns whether triggers have a variable of this name: a column without its table would be
// ambiguous there.
bool is_a_variable(std::string_view name) {
    constexpr std::string_view variables[] = {"active", "inactive", "good",    "bad",  "fallen",
                                              "risen",  "arrays",   "renames", "found"};
    return name.starts_with("tg_") || std::ranges::find(variables, name) != std::end(variables);
}

// Finds the columns of one table.
class finder {
  public:
    finder(const legacy_names& configured, legacy_names& out, std::string legacy_names::*table,
           const legacy_table& there)
        : configured_(configured), out_(out), table_(out.*table), there_(there) {}

    using kind = bool (*)(const legacy_column&);

    /// Takes the configured name, else the usual one, else the only column of the first kind that
    /// any column fits. Without one, the column is missing, or is added with its usual name.
    core::result<void> find(std::string legacy_names::*field, std::initializer_list<kind> kinds,
                            bool is_added = false) {
        const auto& name = name_of(field);
        const auto& given = configured_.*field;
        out_.*field = given.empty() ? std::string(name.usual) : given;
        if (!there_ || has(out_.*field)) return check(field);
        if (!given.empty()) return is_added ? check(field) : wrong(name, "no column " + given);
        for (const auto is_it : kinds) {
            columns found;
            std::ranges::copy_if(*there_, std::back_inserter(found), is_it);
            if (found.size() > 1) return wrong(name, "more than one column for it", found);
            if (found.empty()) continue;
            out_.*field = found.front().name;
            return check(field);
        }
        if (is_added) return {};
        return wrong(name, "no column " + std::string(name.usual) + ", and none that must be it");
    }

    /// Checks the type of a column that exists.
    core::result<void> judge_type(std::string legacy_names::*field, bool (*fits)(std::string_view),
                                  const char* expected) const {
        if (!there_) return {};
        const auto found = std::ranges::find(*there_, out_.*field, &legacy_column::name);
        if (found == there_->end() || fits(found->type)) return {};
        return failure{failure_kind::invalid,
                       table_ + "." + found->name + " is " + found->type + ", and as " +
                           std::string(name_of(field).what) + " it would have to be " + expected +
                           "; nothing was done. Set database.legacy." +
                           std::string(name_of(field).key) +
                           " to another column, or to a new name for one that is to be added"};
    }

  private:
    bool has(const std::string& name) const {
        return std::ranges::find(*there_, name, &legacy_column::name) != there_->end();
    }
    core::result<void> check(std::string legacy_names::*field) const {
        const char* why = !is_column_name(out_.*field)
                              ? "signs that are not supported: letters, digits, blanks, \"_\" and "
                                "\"-\" are"
                          : is_a_variable(out_.*field)
                              ? "a word that Latchkey's functions use for something else"
                              : nullptr;
        if (!why) return {};
        return failure{failure_kind::invalid,
                       table_ + ": the name \"" + out_.*field + "\" of the column for " +
                           std::string(name_of(field).what) + " has " + why +
                           "; nothing was done. Rename the column, or set database.legacy." +
                           std::string(name_of(field).key) + " to another"};
    }
    core::result<void> wrong(const legacy_name& name, const std::string& what,
                             const columns& candidates = {}) const {
        return failure{failure_kind::invalid,
                       table_ + " has " + what + " (" + std::string(name.what) + "); it has " +
                           listed(candidates.empty() ? *there_ : candidates) +
                           "; nothing was done. Set database.legacy." + std::string(name.key) +
                           " to the one that is meant, and migrate again"};
    }

    const legacy_names& configured_;
    legacy_names& out_;
    const std::string table_;
    const legacy_table& there_;
};

core::result<void> find_table(const legacy_names& configured, legacy_names& out,
                              std::string legacy_names::*field, const legacy_table& there) {
    const auto& name = name_of(field);
    const auto& given = configured.*field;
    out.*field = given.empty() ? std::string(name.usual) : given;
    if (there || out.*field == name.usual) return {};
    return failure{failure_kind::invalid, "there is no table " + given +
                                              ", which database.legacy." + std::string(name.key) +
                                              " names; nothing was done"};
}

// Refuses two names for one column.
core::result<void> refuse_twins(const legacy_names& names) {
    const bool one_table = names.organizations == names.devices;
    std::set<std::string> seen;
    for (const auto& name : all_legacy_names) {
        if (name.field == &legacy_names::organizations || name.field == &legacy_names::devices) {
            if (!one_table) seen.clear();
            continue;
        }
        if (!one_table && seen.insert(names.*name.field).second) continue;
        return failure{failure_kind::invalid,
                       "database.legacy: " + names.*name.field + " cannot be " +
                           std::string(name.what) +
                           " and something else, too; nothing was done. Set database.legacy." +
                           std::string(name.key) + " to another"};
    }
    return {};
}

core::result<void> find_organizations(const legacy_names& configured, const legacy_table& there,
                                      legacy_names& out) {
    using names = legacy_names;
    if (auto found = find_table(configured, out, &names::organizations, there); !found)
        return found;
    finder in(configured, out, &names::organizations, there);
    if (auto found = in.find(&names::organization_id, {is_key}); !found) return found;
    if (auto found = in.find(&names::api_keys, {may_hold_keys}, true); !found) return found;
    if (auto found = in.find(&names::organization_name, {}, true); !found) return found;
    if (auto found = in.find(&names::organization_status, {}, true); !found) return found;
    if (auto fits = in.judge_type(&names::api_keys, is_jsonb, "jsonb"); !fits) return fits;
    return in.judge_type(&names::organization_status, is_no_boolean, a_status);
}

core::result<void> find_devices(const legacy_names& configured, const legacy_table& there,
                                legacy_names& out) {
    using names = legacy_names;
    if (auto found = find_table(configured, out, &names::devices, there); !found) return found;
    finder in(configured, out, &names::devices, there);
    if (auto found = in.find(&names::device_id, {is_key}); !found) return found;
    if (auto found = in.find(&names::device_secret, {may_hold_a_secret}); !found) return found;
    if (auto found =
            in.find(&names::device_organization_id, {is_called_org_id, names_an_organization});
        !found)
        return found;
    if (auto found = in.find(&names::device_name, {}, true); !found) return found;
    if (auto found = in.find(&names::device_status, {}, true); !found) return found;
    return in.judge_type(&names::device_status, is_no_boolean, a_status);
}

bool is_table(const legacy_name& name) {
    return name.field == &legacy_names::organizations || name.field == &legacy_names::devices;
}

} // namespace

legacy_names with_schemas(legacy_names names) {
    for (auto* table : {&names.organizations, &names.devices})
        if (!table->empty() && table->find('.') == table->npos) *table = "public." + *table;
    return names;
}

core::result<legacy_names> find_legacy_names(const legacy_names& as_configured,
                                             const legacy_table& organizations,
                                             const legacy_table& devices) {
    const auto configured = with_schemas(as_configured);
    legacy_names out;
    if (auto found = find_organizations(configured, organizations, out); !found)
        return found.error();
    if (auto found = find_devices(configured, devices, out); !found) return found.error();
    if (auto distinct = refuse_twins(out); !distinct) return distinct.error();
    return out;
}

std::optional<std::string> legacy_conflict(const legacy_names& as_configured,
                                           const legacy_names& noted) {
    const auto configured = with_schemas(as_configured);
    for (const auto& name : all_legacy_names)
        if (const auto& given = configured.*name.field;
            !given.empty() && given != noted.*name.field)
            return "database.legacy." + std::string(name.key) + " is \"" + given +
                   "\", but this database was migrated with \"" + noted.*name.field + "\" as " +
                   std::string(name.what) +
                   ": set that, or leave it empty; a database keeps the names that it was first "
                   "migrated with";
    return std::nullopt;
}

std::vector<std::string> what_is_taken(const legacy_names& names) {
    std::vector<std::string> out;
    const auto* table = &names.organizations;
    for (const auto& name : all_legacy_names) {
        if (name.field == &legacy_names::devices) table = &names.devices;
        if (names.*name.field == name.usual) continue;
        const auto taken = is_table(name) ? names.*name.field : *table + '.' + names.*name.field;
        out.push_back("takes " + taken + " as " + std::string(name.what));
    }
    return out;
}

} // namespace latchkey::pg
