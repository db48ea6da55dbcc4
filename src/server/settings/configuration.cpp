#include "server/settings/configuration.hpp"

#include "server/settings/configuration_readers.hpp"
#include "server/settings/exposure.hpp"

#include <latchkey/api/caller_rules.hpp>
#include <latchkey/api/forward_policy.hpp>
#include <latchkey/api/rate_policy.hpp>
#include <latchkey/auth/issuer/make_issuer_rules.hpp>
#include <latchkey/pg/connection/connect_options.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace latchkey::server {

namespace {

// Two settings that depend on each other: the first must not be more than the second.
struct order_rule {
    std::string_view smaller;
    std::string_view larger;
};
constexpr order_rule order_rules[] = {
    {"database.backoff_min", "database.backoff_max"},
    {"database.batch_spread", "database.batch_max"},
    {"database.lookups_in_flight_min", "database.lookups_in_flight_max"},
    {"breaker.open_time", "breaker.open_time_max"},
    {"database.batch_max", "database.waiting_max"},
    {"server.target_bytes_max", "server.header_bytes_max"},
};

class loader {
  public:
    void apply(given_settings given) {
        auto mistakes = std::move(given.mistakes);
        std::ranges::move(given.exposed, std::back_inserter(settings_.exposed));
        std::ranges::move(given.unheeded, std::back_inserter(settings_.unheeded));
        std::size_t begun = 0;
        for (const auto& setting : given.settings) {
            while (begun < setting.table)
                begin(given.tables[begun++]);
            if (setting.table == 0) places_[setting.entry->name] = setting.where;
            if (auto wrong = assign(*setting.entry, setting.value, settings_)) {
                wrong_settings_.push_back(setting.entry->name);
                mistakes.push_back({setting.where + ": " + *wrong, setting.line});
            }
        }
        while (begun < given.tables.size())
            begin(given.tables[begun++]);
        std::ranges::stable_sort(mistakes, {}, &mistake::line);
        for (const auto& one : mistakes)
            complain(one.text);
    }

    void check(const order_rule& rule) {
        const auto& smaller = *find_setting(rule.smaller);
        const auto& larger = *find_setting(rule.larger);
        if (is_wrong(smaller.name) || is_wrong(larger.name)) return;
        if (smaller.field.get(settings_) <= larger.field.get(settings_)) return;
        // Blames the setting that was given; the other has its default.
        const auto& blamed = places_.contains(smaller.name) ? smaller : larger;
        complain(places_[blamed.name] + ": " + spell(smaller, settings_) + " for " +
                 std::string(smaller.name) + " is more than " + spell(larger, settings_) + " for " +
                 std::string(larger.name) + "; expected at most that");
    }

    // Checks the settings of each issuer together.
    void check_issuers() {
        if (!complaints_.empty()) return;
        std::set<std::string> names;
        for (std::size_t i = 0; i < settings_.issuers.size(); ++i) {
            const auto rules = auth::make_rules(settings_.issuers[i]);
            if (!rules) complain(begins("issuers", i) + ": issuers." + rules.error().message);
            if (!names.insert(rules ? rules->issuer : settings_.issuers[i].issuer).second)
                complain(begins("issuers", i) +
                         ": issuers.issuer: is the same as another's; expected one "
                         "[[issuers]] for each issuer");
        }
    }

    // With sockets that systemd passes, server.listen does not count.
    void check_callers(bool sockets_are_passed) {
        if (!complaints_.empty()) return;
        std::size_t at = 0;
        const auto rules = api::caller_rules::make(settings_.callers, settings_.known_callers, &at);
        if (!rules) {
            const auto& why = rules.error().message;
            complain(why.starts_with("auth.")
                         ? places_["auth.callers_required_for"] + why.substr(why.find(':'))
                         : begins("callers", at) + ": callers." + why);
        }
        if (!sockets_are_passed)
            if (const auto unsaid = unsaid_callers(settings_, settings_.server.listen);
                !unsaid.empty())
                complain(place_of("server.listen") + ": " + unsaid);
        if (const auto plain = plain_admin(settings_); !plain.empty())
            complain(place_of("admin.listen") + ": " + plain);
        const bool shown = settings_.tls.client_certificates != net::client_certificates::none;
        for (std::size_t i = 0; i < settings_.known_callers.size() && !shown; ++i)
            if (!settings_.known_callers[i].certificate.empty())
                complain(begins("callers", i) +
                         ": callers.certificate: no client is asked for a certificate; set "
                         "tls.client_certificates to \"optional\" or \"required\"");
    }

    void check_forward_policies() {
        if (!complaints_.empty()) return;
        std::size_t at = 0;
        const auto policies = api::forward_policies::make(settings_.forward_policies, &at);
        if (!policies)
            complain(begins("forward_auth", at) + ": forward_auth." + policies.error().message);
    }

    void check_rate_policies() {
        if (!complaints_.empty()) return;
        std::set<std::string> names;
        for (std::size_t i = 0; i < settings_.rate_policies.size(); ++i) {
            const auto place = begins("rate_limit.policies", i) + ": rate_limit.policies.";
            const auto policy = api::make_rate_policy(settings_.rate_policies[i]);
            if (!policy)
                complain(place + policy.error().message);
            else if (!names.insert(policy->name).second)
                complain(place + "name: \"" + policy->name +
                         "\" is another's; expected a name of its own");
        }
    }

    core::result<configuration> finish() {
        if (complaints_.empty()) return std::move(settings_);
        return core::failure{core::failure_kind::invalid, std::move(complaints_)};
    }

  private:
    void begin(const given_table& table) {
        table.kind->append(settings_);
        tables_[table.kind->name].push_back(table.where);
    }
    // Returns the place where a repeated table begins.
    const std::string& begins(std::string_view name, std::size_t i) const {
        return tables_.at(name)[i];
    }
    bool is_wrong(std::string_view name) const {
        return std::ranges::find(wrong_settings_, name) != wrong_settings_.end();
    }
    const std::string& place_of(std::string_view name) { return places_[name]; }
    void complain(const std::string& text) {
        if (!complaints_.empty()) complaints_ += '\n';
        complaints_ += text;
    }

    configuration settings_;
    std::map<std::string_view, std::string> places_;
    std::map<std::string_view, std::vector<std::string>> tables_; // where each one begins, by name
    std::vector<std::string_view> wrong_settings_;
    std::string complaints_;
};

// Returns the secrets that libpq reads from the environment, which is wiped later.
std::vector<pg::environment_secret>
secrets_of(std::span<const std::pair<std::string, std::string>> environment) {
    std::vector<pg::environment_secret> out;
    for (const auto& secret : pg::secret_variables())
        for (const auto& [name, value] : environment)
            if (name == secret.variable && !value.empty())
                out.push_back({secret.keyword, crypto::secret(value)});
    return out;
}

bool has_variable(const configuration_sources& sources, std::string_view name) {
    return std::ranges::any_of(sources.environment,
                               [&](const auto& one) { return one.first == name; });
}

} // namespace

core::result<configuration> load_configuration(const configuration_sources& sources) {
    loader load;
    if (sources.file) load.apply(read_file(*sources.file));
    load.apply(read_environment(sources.environment));
    load.apply(read_flags(sources.flags));
    for (const auto& rule : order_rules)
        load.check(rule);
    load.check_issuers();
    load.check_rate_policies();
    load.check_forward_policies();
    load.check_callers(has_variable(sources, "LISTEN_FDS"));
    auto settings = load.finish();
    if (settings) settings->database.secrets = secrets_of(sources.environment);
    return settings;
}

} // namespace latchkey::server
