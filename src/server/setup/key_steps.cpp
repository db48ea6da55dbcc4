#include "server/setup/run_program.hpp"
#include "server/setup/setup_steps.hpp"

#include <latchkey/crypto/random.hpp>
#include <latchkey/crypto/secret.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace latchkey::server {

namespace {

using core::failure;
using core::failure_kind;
using state = outlook::state;

constexpr std::string_view credential = "key-encryption-key";
constexpr std::array units = {"latchkey.service", "latchkey@.service"};

std::string drop_in(const setup_terms& terms, std::string_view unit) {
    return terms.path(units_folder) + std::string(unit) + ".d/key-encryption-key.conf";
}
std::string plain_path() {
    return std::string(settings_folder) + std::string(credential);
}
std::string sealed_path() {
    return plain_path() + ".cred";
}

bool exists(const std::string& path) {
    std::error_code unseen;
    return std::filesystem::exists(path, unseen);
}

failure because(const std::string& path) {
    return {failure_kind::unavailable, path + ": " + std::strerror(errno)};
}

// It must not be there yet: nobody's key is overwritten.
core::result<void> write_new(const std::string& path, std::string_view text, mode_t mode) {
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return because(path);
    const bool written =
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(fd) == 0;
    const auto why = because(path);
    ::close(fd);
    if (written) return {};
    ::unlink(path.c_str());
    return why;
}

// systemd-creds exists since systemd 250, and can seal only with a key of this machine.
bool can_seal() {
    return run_program({"systemd-creds", "--version"}).exit_code == 0;
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

class key_part {
  public:
    explicit key_part(const setup_terms& terms)
        : terms_(terms), seals_(terms.key == "encrypted" || (terms.key == "auto" && can_seal())) {}

    outlook look() const {
        if (terms_.key == "none") return {state::done, "no key-encryption key is wanted"};
        if (!terms_.settings.tokens.key_encryption_key_file.empty())
            return {state::done, "tokens.key_encryption_key_file names a key"};
        if (exists(drop_in(terms_, units.front())) && exists(drop_in(terms_, units.back())))
            return {state::done, "the units have a key-encryption key"};
        if (has_plain()) return {state::to_do, "hand " + plain_path() + " to the units"};
        if (has_sealed()) return {state::to_do, "hand " + sealed_path() + " to the units"};
        if (seals_)
            return {state::to_do,
                    "make a key-encryption key, sealed for this machine in " + sealed_path(),
                    {"openssl rand -hex 32 | (umask 077; systemd-creds encrypt --name=" +
                     std::string(credential) + " - " + sealed_path() + ")"}};
        return {state::to_do,
                "make a key-encryption key in " + plain_path() + ", which only root can read",
                {"(umask 077; openssl rand -hex 32 >" + plain_path() + ")"}};
    }

    core::result<void> perform() const {
        // The folder is open to the service, which reads its configuration there; the key is not.
        const auto before = ::umask(022);
        std::error_code failed;
        std::filesystem::create_directories(terms_.path(settings_folder), failed);
        ::umask(077);
        auto done = has_plain() || has_sealed() ? core::result<void>() : make_key();
        ::umask(022);
        if (done) done = write_drop_ins();
        ::umask(before);
        return done;
    }

  private:
    bool has_plain() const { return exists(terms_.path(plain_path())); }
    bool has_sealed() const { return exists(terms_.path(sealed_path())); }

    core::result<void> make_key() const {
        const auto key = new_key();
        if (!key) return key.error();
        if (!seals_) return write_new(terms_.path(plain_path()), key->reveal(), 0600);
        const auto sealed =
            run_program({"systemd-creds", "encrypt", "--name=" + std::string(credential), "-",
                         terms_.path(sealed_path())},
                        key->reveal());
        if (sealed.exit_code == 0) return {};
        return failure{failure_kind::unavailable,
                       "systemd-creds cannot seal the key (" + sealed.out +
                           "): --key file keeps it in a file that only root can read"};
    }
    core::result<void> write_drop_ins() const {
        const auto line =
            has_plain()
                ? "LoadCredential=" + std::string(credential) + ':' + plain_path()
                : "LoadCredentialEncrypted=" + std::string(credential) + ':' + sealed_path();
        const auto text = "# Written by latchkey setup.\n[Service]\n" + line +
                          "\nEnvironment=LATCHKEY_TOKENS__KEY_ENCRYPTION_KEY_FILE=credential:" +
                          std::string(credential) + '\n';
        for (const auto* unit : units) {
            const auto path = drop_in(terms_, unit);
            if (exists(path)) continue;
            if (auto written = write_new(path, text, 0644); !written) return written;
        }
        return {};
    }

    const setup_terms& terms_;
    bool seals_;
};

} // namespace

std::vector<setup_step> key_steps(const setup_terms& terms) {
    const auto part = std::make_shared<const key_part>(terms);
    return {{"key", "key", [part]() -> core::result<outlook> { return part->look(); },
             [part] { return part->perform(); }}};
}

} // namespace latchkey::server
