#include "server/process/tls_files.hpp"

#include "server/settings/configuration_readers.hpp"
#include "server/settings/secret_path.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace latchkey::server {

namespace {

constexpr std::size_t certificates_bytes_max = 1 << 20;
constexpr std::size_t key_bytes_max = 1 << 16;

core::failure wrong(const std::string& what) {
    return {core::failure_kind::invalid, "tls." + what};
}

core::result<std::string> path_of(const std::string& key, const std::string& value) {
    auto path = secret_path(value, std::getenv("CREDENTIALS_DIRECTORY"));
    if (!path) return wrong(key + ": " + path.error().message);
    return path;
}

core::result<std::string> read(const std::string& key, const std::string& value,
                               std::size_t bytes_max) {
    const auto path = path_of(key, value);
    if (!path) return path.error();
    auto text = read_small_file(*path, bytes_max);
    if (!text) return wrong(key + ": the file \"" + *path + "\" " + text.error().message);
    return text;
}

core::result<std::string> read_key(const std::string& value, std::vector<exposed_file>& exposed) {
    const auto path = path_of("key_file", value);
    if (!path) return path.error();
    auto text = read_secret_file("tls.key_file", *path, key_bytes_max,
                                 std::getenv("CREDENTIALS_DIRECTORY"), exposed);
    if (!text) return wrong("key_file: the file \"" + *path + "\" " + text.error().message);
    return text;
}

// Checks the settings of the section together.
core::result<void> check(const net::tls_configuration& settings) {
    using net::client_certificates;
    if (settings.certificate_file.empty()) {
        if (!settings.key_file.empty())
            return wrong("key_file: is set, but tls.certificate_file is not; expected both, or "
                         "neither");
        if (settings.client_certificates != client_certificates::none)
            return wrong("client_certificates: needs tls.certificate_file and tls.key_file, which "
                         "are not set");
        return {};
    }
    if (settings.key_file.empty())
        return wrong("key_file: is not set; expected the private key of tls.certificate_file");
    if (settings.client_certificates != client_certificates::none &&
        settings.client_ca_file.empty())
        return wrong("client_ca_file: is not set; expected the authorities that "
                     "tls.client_certificates asks for");
    return {};
}

std::int64_t nanoseconds_of(const timespec& time) {
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

file_stamp stamp_of(const std::string& value) {
    const auto path = secret_path(value, std::getenv("CREDENTIALS_DIRECTORY"));
    struct stat found {};
    if (value.empty() || !path || ::stat(path->c_str(), &found) != 0) return {};
    return {found.st_ino, found.st_size, nanoseconds_of(found.st_mtim),
            nanoseconds_of(found.st_ctim)};
}

} // namespace

core::result<loaded_tls> load_tls(const net::tls_configuration& settings, core::real_time now) {
    if (auto checked = check(settings); !checked) return checked.error();
    loaded_tls out{nullptr, stamps_of(settings), {}};
    if (settings.certificate_file.empty()) return out;
    net::tls_texts texts;
    auto certificates = read("certificate_file", settings.certificate_file, certificates_bytes_max);
    if (!certificates) return certificates.error();
    texts.certificates = std::move(*certificates);
    auto key = read_key(settings.key_file, out.exposed);
    if (!key) return key.error();
    texts.key = crypto::secret(std::move(*key));
    if (settings.client_certificates != net::client_certificates::none) {
        auto authorities = read("client_ca_file", settings.client_ca_file, certificates_bytes_max);
        if (!authorities) return authorities.error();
        if (authorities->empty())
            return wrong("client_ca_file: the file \"" + settings.client_ca_file + "\" is empty");
        texts.client_authorities = std::move(*authorities);
    }
    auto parsed = net::tls_credentials::parse(texts, now);
    if (!parsed)
        return wrong("certificate_file = \"" + settings.certificate_file +
                     "\" with tls.key_file = \"" + settings.key_file +
                     "\": " + parsed.error().message);
    // OpenSSL refuses what it cannot use now, not at the first handshake.
    auto tickets = net::tls_ticket_keys::make();
    if (!tickets) return tickets.error();
    const auto usable = net::tls_context::make(*parsed, rules_of(settings), *tickets);
    if (!usable)
        return wrong("certificate_file = \"" + settings.certificate_file +
                     "\": " + usable.error().message);
    out.credentials = std::make_shared<const net::tls_credentials>(std::move(*parsed));
    return out;
}

tls_stamps stamps_of(const net::tls_configuration& settings) {
    return {stamp_of(settings.certificate_file), stamp_of(settings.key_file),
            stamp_of(settings.client_ca_file)};
}

net::tls_rules rules_of(const net::tls_configuration& settings) {
    return {settings.min_version, settings.client_certificates, settings.session_tickets,
            std::chrono::duration_cast<core::seconds>(settings.session_lifetime)};
}

} // namespace latchkey::server
