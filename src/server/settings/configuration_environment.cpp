#include "server/settings/configuration_readers.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/pg/connection/connect_options.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace latchkey::server {

namespace {

using variables = std::span<const std::pair<std::string, std::string>>;

constexpr std::string_view prefix = "LATCHKEY_";
constexpr std::string_view file_suffix = "_FILE";
constexpr std::string_view credentials_directory = "CREDENTIALS_DIRECTORY";
constexpr std::size_t value_bytes_max = 65536;

// The operators' commands read it.
constexpr std::string_view admin_socket_variable = "LATCHKEY_ADMIN_SOCKET";

// "LATCHKEY_SERVER__LISTEN" becomes "LATCHKEY_SERVER_LISTEN".
std::string without_repeats(std::string name) {
    const auto end =
        std::unique(name.begin(), name.end(), [](char a, char b) { return a == '_' && b == '_'; });
    name.erase(end, name.end());
    return name;
}

const std::string* find(variables environment, std::string_view name) {
    const auto found = std::ranges::find(environment, name, &variables::value_type::first);
    return found == environment.end() ? nullptr : &found->second;
}

class environment_reader {
  public:
    explicit environment_reader(variables environment) : environment_(environment) {}

    given_settings read() {
        read_opentelemetry();
        for (const auto& entry : all_settings())
            read(entry);
        for (const auto& [name, value] : environment_) {
            if (!name.starts_with(prefix)) continue;
            if (name.find("__", prefix.size()) != std::string::npos)
                expect_known(name);
            else
                look_for_slip(name);
        }
        return std::move(out_);
    }

  private:
    // The variables that programs with OpenTelemetry obey. Those of a signal win over the general
    // ones; LATCHKEY_TRACING__... comes later, and wins over both.
    void read_opentelemetry() {
        read_collector();
        give_first("tracing.headers",
                   {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"});
        give_first("tracing.sampler", {"OTEL_TRACES_SAMPLER"});
        give_first("tracing.ratio", {"OTEL_TRACES_SAMPLER_ARG"});
        give_first("tracing.service_name", {"OTEL_SERVICE_NAME"});
        give_first("tracing.attributes", {"OTEL_RESOURCE_ATTRIBUTES"});
        give_first("tracing.ca_file",
                   {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"});
        give_first("tracing.timeout",
                   {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"}, "ms");
        give_first("tracing.delay", {"OTEL_BSP_SCHEDULE_DELAY"}, "ms");
        give_first("tracing.batch_max", {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE"});
        give_first("tracing.queue_max", {"OTEL_BSP_MAX_QUEUE_SIZE"});
    }
    void read_collector() {
        const auto is = [&](std::string_view name, std::string_view value) {
            const auto* said = find(environment_, name);
            return said && core::same_text(*said, value);
        };
        const auto& endpoint = *find_setting("tracing.endpoint");
        if (is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none"))
            return give(endpoint, "", "OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER");
        constexpr std::string_view of_all = "OTEL_EXPORTER_OTLP_ENDPOINT";
        if (const auto* base = find(environment_, of_all); base && !base->empty())
            give_if_good(endpoint, *base + (base->ends_with('/') ? "v1/traces" : "/v1/traces"),
                         of_all);
        else if (is("OTEL_TRACES_EXPORTER", "otlp"))
            give(endpoint, "http://localhost:4318/v1/traces", "OTEL_TRACES_EXPORTER");
        give_first("tracing.endpoint", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"});
    }
    // An empty variable counts as one that is not set.
    void give_first(std::string_view setting_name, std::initializer_list<std::string_view> names,
                    std::string_view unit = {}) {
        for (const auto name : names)
            if (const auto* value = find(environment_, name); value && !value->empty())
                return give_if_good(*find_setting(setting_name), *value + std::string(unit), name);
    }
    // A variable for all programs of a machine must not keep this one from starting.
    void give_if_good(const setting& entry, const std::string& value, std::string_view name) {
        configuration scratch;
        const auto wrong = assign(entry, {given_value::form::bare, value}, scratch);
        if (!wrong) return give(entry, value, std::string(name));
        out_.unheeded.push_back(
            {std::string(name), *wrong, "correct it, or set " + variable_of(entry.name)});
    }
    void read(const setting& entry) {
        const auto name = variable_of(entry.name);
        const auto file_name = name + std::string(file_suffix);
        const auto* value = find(environment_, name);
        const auto* file = find(environment_, file_name);
        if (value && file)
            return complain(name + " and " + file_name + ": both are set; expected one of them");
        if (value) return give(entry, *value, name);
        if (file) return read_named_file(entry, *file, file_name);
        if (entry.type.kind == value_kind::secret) read_credential(entry);
    }
    void read_named_file(const setting& entry, const std::string& path, const std::string& name) {
        auto value = read_value(entry, path, name);
        // Drops the one line feed that editors and `echo` leave at the end.
        if (value && value->ends_with('\n')) value->pop_back();
        if (value) return give(entry, *value, name);
        complain(name + ": the file \"" + path + "\" " + value.error().message);
    }
    core::result<std::string> read_value(const setting& entry, const std::string& path,
                                         const std::string& name) {
        if (entry.type.kind != value_kind::secret) return read_small_file(path, value_bytes_max);
        const auto* directory = find(environment_, credentials_directory);
        return read_secret_file(name, path, value_bytes_max,
                                directory ? directory->c_str() : nullptr, out_.exposed);
    }
    void read_credential(const setting& entry) {
        const auto* directory = find(environment_, credentials_directory);
        if (!directory) return;
        const auto path = *directory + '/' + std::string(entry.name);
        std::error_code unreadable;
        if (!std::filesystem::exists(path, unreadable) && !unreadable) return;
        read_named_file(entry, path, "credential " + std::string(entry.name));
    }
    void expect_known(const std::string& name) {
        std::vector<std::string> known;
        for (const auto& entry : all_settings()) {
            known.push_back(variable_of(entry.name));
            if (name == known.back() || name == known.back() + std::string(file_suffix)) return;
        }
        const std::vector<std::string_view> candidates(known.begin(), known.end());
        const auto nearest = core::nearest_name(name, candidates);
        complain(name + ": no such setting" +
                 (nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?"));
    }
    // One underscore where a setting has two. Other names are other programs'.
    void look_for_slip(const std::string& name) {
        if (name == admin_socket_variable) return;
        for (const auto& entry : all_settings()) {
            const auto meant = variable_of(entry.name);
            for (const auto& suffix : {std::string(), std::string(file_suffix)})
                if (without_repeats(meant + suffix) == name)
                    out_.unheeded.push_back({name,
                                             "the name of a setting has two underscores between "
                                             "section and key",
                                             "write " + meant + suffix + ", or remove it"});
        }
    }
    void give(const setting& entry, const std::string& value, const std::string& where) {
        out_.settings.push_back({&entry, {given_value::form::bare, value}, where});
    }
    void complain(std::string text) { out_.mistakes.push_back({std::move(text)}); }

    variables environment_;
    given_settings out_;
};

} // namespace

given_settings read_environment(variables environment) {
    return environment_reader(environment).read();
}

std::vector<std::pair<std::string, std::string>> process_environment() {
    std::vector<std::pair<std::string, std::string>> out;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

void wipe_secret_variables() {
    std::vector<std::string> names;
    for (const auto& entry : all_settings())
        if (entry.type.kind == value_kind::secret) names.push_back(variable_of(entry.name));
    for (const char* headers : {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"})
        names.emplace_back(headers); // a collector's key may be in them
    for (auto& secret : pg::secret_variables())
        names.push_back(std::move(secret.variable));
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos &&
            std::ranges::find(names, text.substr(0, equals)) != names.end())
            ::explicit_bzero(*entry + equals + 1, text.size() - equals - 1);
    }
}

} // namespace latchkey::server
