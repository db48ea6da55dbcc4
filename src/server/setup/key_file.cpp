#include "server/setup/key_file.hpp"

#include "server/settings/secret_file.hpp"
#include "server/setup/new_file.hpp"
#include "server/setup/run_program.hpp"
#include "server/setup/sealing_keys.hpp"

#include <latchkey/crypto/random.hpp>
#include <latchkey/crypto/sealing_key.hpp>
#include <latchkey/crypto/secret.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace latchkey::server {

namespace {

using core::failure;
using core::failure_kind;

constexpr std::size_t bytes_max = 1024;

bool exists(const std::string& path) {
    std::error_code unseen;
    return std::filesystem::exists(path, unseen);
}

std::string named() {
    return "--name=" + std::string(key_file::credential);
}

// 32 bytes in hexadecimal.
core::result<crypto::secret> new_key() {
    std::array<std::uint8_t, 32> bytes{};
    if (auto filled = crypto::fill_random(bytes); !filled) return filled.error();
    std::string text;
    for (const auto byte : bytes)
        for (const int digit : {byte >> 4, byte & 15})
            text += "0123456789abcdef"[digit];
    text += '\n';
    bytes.fill(0);
    return crypto::secret(std::move(text));
}

} // namespace

std::string key_file::plain_path() {
    return std::string(settings_folder) + std::string(credential);
}
std::string key_file::sealed_path() {
    return plain_path() + ".cred";
}
bool key_file::is_plain() const {
    return exists(terms_.path(plain_path()));
}
bool key_file::is_there() const {
    return is_plain() || exists(terms_.path(sealed_path()));
}
std::string key_file::path() const {
    if (is_there()) return is_plain() ? plain_path() : sealed_path();
    return seals() ? sealed_path() : plain_path();
}
// systemd-creds exists since systemd 250, and can seal only with a key of this machine.
bool key_file::seals() const {
    return terms_.key == "encrypted" ||
           (terms_.key == "auto" && run_program({"systemd-creds", "--version"}).exit_code == 0);
}

std::string key_file::shown_by() const {
    if (path() == plain_path()) return "cat " + plain_path();
    return "systemd-creds decrypt " + named() + ' ' + sealed_path() + " -";
}

core::result<std::string> key_file::contents() const {
    std::vector<exposed_file> exposed;
    const auto file = terms_.path(path());
    auto text = read_secret_file("the key-encryption key", file, 64 * bytes_max, nullptr, exposed);
    if (!text) return failure{failure_kind::invalid, file + ' ' + text.error().message};
    if (is_plain() && !exposed.empty())
        return failure{failure_kind::invalid, describe(exposed.front())};
    if (is_plain()) return std::move(*text);
    // Its warnings are no part of the key.
    auto opened =
        run_program({"/bin/sh", "-c", "exec systemd-creds decrypt \"$1\" \"$2\" - 2>/dev/null",
                     "sh", named(), file});
    if (opened.exit_code == 0) return std::move(opened.out);
    return failure{failure_kind::invalid,
                   file + " cannot be opened on this machine: systemd-creds decrypt says why"};
}

std::string key_file::problem() const {
    // Only root can open what is sealed.
    if (!is_plain() && ::geteuid() != 0) return {};
    auto text = contents();
    if (!text) return text.error().message;
    const crypto::secret held(std::move(*text));
    const auto key = crypto::sealing_key::parse(held.reveal());
    if (!key) return terms_.path(path()) + ": " + key.error().message;
    const auto sealers = sealing_keys_of(terms_);
    // While the database is away, the node itself tells.
    if (!sealers || sealers->empty() || std::ranges::find(*sealers, key->id()) != sealers->end())
        return {};
    return terms_.path(path()) +
           " is not the key by which the database's signing keys are sealed: "
           "put the key of the other nodes there, or make new signing keys "
           "(latchkey signing-key rotate --now), which ends all tokens of the "
           "old ones";
}

core::result<void> key_file::make() const {
    const auto key = new_key();
    if (!key) return key.error();
    if (!seals()) return write_new_file(terms_.path(plain_path()), key->reveal(), 0600);
    const auto file = terms_.path(sealed_path());
    ::unlink(beside(file).c_str());
    // Not bound to the TPM's state: a change of Secure Boot would make the key unreadable.
    const auto sealed = run_program(
        {"systemd-creds", "encrypt", named(), "--tpm2-pcrs=", "-", beside(file)}, key->reveal());
    if (sealed.exit_code == 0) return publish_file(file);
    return failure{failure_kind::unavailable,
                   "systemd-creds cannot seal the key (" + sealed.out +
                       "): --key file keeps it in a file that only root can read"};
}

} // namespace latchkey::server
