#include <latchkey/server/configuration.hpp>

#include <latchkey/server/configuration_readers.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace latchkey::server {

namespace {

// Two keys that only make sense together: the first must not be more than the second.
struct order_rule {
    std::string_view smaller;
    std::string_view larger;
};
constexpr order_rule order_rules[] = {
    {"database.backoff_min", "database.backoff_max"},
    {"database.batch_spread", "database.batch_max"},
    {"database.batch_max", "database.waiting_max"},
    {"server.target_bytes_max", "server.header_bytes_max"},
};

class loader {
  public:
    void apply(given_settings given) {
        auto mistakes = std::move(given.mistakes);
        for (const auto& setting : given.settings) {
            settings_.issuers.resize(std::max(settings_.issuers.size(), setting.issuer));
            if (setting.issuer == 0) places_[setting.key->name] = setting.where;
            if (auto wrong = assign(*setting.key, setting.value, settings_)) {
                wrong_keys_.push_back(setting.key->name);
                mistakes.push_back({setting.where + ": " + *wrong, setting.line});
            }
        }
        settings_.issuers.resize(std::max(settings_.issuers.size(), given.issuers.size()));
        issuers_.insert(issuers_.end(), given.issuers.begin(), given.issuers.end());
        std::ranges::stable_sort(mistakes, {}, &mistake::line);
        for (const auto& one : mistakes)
            complain(one.text);
    }

    void check(const order_rule& rule) {
        const auto& smaller = *find_key(rule.smaller);
        const auto& larger = *find_key(rule.larger);
        if (is_wrong(smaller.name) || is_wrong(larger.name)) return;
        if (smaller.field.get(settings_) <= larger.field.get(settings_)) return;
        // Blame the one that was set; the other is a default.
        const auto& blamed = places_.contains(smaller.name) ? smaller : larger;
        complain(places_[blamed.name] + ": " + spell(smaller, settings_) + " for " +
                 std::string(smaller.name) + " is more than " + spell(larger, settings_) + " for " +
                 std::string(larger.name) + "; expected at most that");
    }

    // What the keys of one issuer mean together.
    void check_issuers() {
        if (!complaints_.empty()) return;
        std::set<std::string> names;
        for (std::size_t i = 0; i < settings_.issuers.size(); ++i) {
            const auto rules = auth::make_rules(settings_.issuers[i]);
            if (!rules) complain(issuers_[i] + ": issuers." + rules.error().message);
            if (!names.insert(rules ? rules->issuer : settings_.issuers[i].issuer).second)
                complain(issuers_[i] + ": issuers.issuer: is the same as another's; expected one "
                                       "[[issuers]] for each issuer");
        }
    }

    core::result<configuration> finish() {
        if (complaints_.empty()) return std::move(settings_);
        return core::failure{core::failure_kind::invalid, std::move(complaints_)};
    }

  private:
    bool is_wrong(std::string_view name) const {
        return std::ranges::find(wrong_keys_, name) != wrong_keys_.end();
    }
    void complain(const std::string& text) {
        if (!complaints_.empty()) complaints_ += '\n';
        complaints_ += text;
    }

    configuration settings_;
    std::map<std::string_view, std::string> places_;
    std::vector<std::string> issuers_; // where each begins
    std::vector<std::string_view> wrong_keys_;
    std::string complaints_;
};

} // namespace

core::result<configuration> load_configuration(const configuration_sources& sources) {
    loader load;
    if (sources.file) load.apply(read_file(*sources.file));
    load.apply(read_environment(sources.environment));
    load.apply(read_flags(sources.flags));
    for (const auto& rule : order_rules)
        load.check(rule);
    load.check_issuers();
    return load.finish();
}

} // namespace latchkey::server
